/** The C text of a program. */
import { type Buffer, type ProductTarget, storedAs, transposed, type View } from "../plan/memory";
import { type Plan, type ProductOp, touches, writes } from "../plan/ops";
import { chooseBlockSize, chunksOf } from "../schedule/blocks";
import { withEpilogues } from "../schedule/epilogue";
import { fuse, isFlat, type Kernel, kernelOps } from "../schedule/fuse";
import {
  type Allocation,
  allocateGlobal,
  allocatePartial,
  allocateScratch,
  promoteToGlobal,
  type ScratchKey,
  storedBuffers,
  temporaryOf,
} from "../schedule/memory-plan";
import { recompute } from "../schedule/recompute";
import { widen } from "../schedule/widen";
import { epilogueCode } from "./epilogue";
import { packCode, productCode } from "./gemm";
import { loopCode } from "./loops";
import { inParts, type ProgramText } from "./parts";
import { type KernelCode, parametersOf } from "./pointers";
import { addCode, gatherCode, scatterCode } from "./small";
import { suitsVectors, vectorCode } from "./vectors";

/** Numbers of inputs and results, which come before the constants in the array of addresses. */
export interface ArgumentCounts {
  readonly inputs: number;
  readonly results: number;
}

/** Writes the program of a plan, which exports `run` and `free_program` of `native/program.h`; `target` is the plan's. */
export function programText(plan: Plan, counts: ArgumentCounts, target: ProductTarget): ProgramText {
  const loops = recompute(fuse(promoteToGlobal(plan))).map((kernel) =>
    kernel.kind === "loop" ? widen(kernel, plan.batch) : kernel,
  );
  const kernels = target.amx ? withEpilogues(loops, plan.batch, target.panel, suitsVectors) : loops;
  return new ProgramWriter(plan, counts, target, kernels).write();
}

class ProgramWriter {
  /** The name of each function, by its parameters and body. */
  private readonly functions = new Map<string, string>();
  private readonly globals: Allocation<Buffer>;
  private readonly partials: Allocation<Buffer>;
  private readonly scratch: Allocation<ScratchKey>;
  private readonly stored: ReadonlySet<Buffer>;
  /** Examples in a block. */
  private readonly blockSize: number;
  /** The first block of each chunk, then the number of blocks. */
  private readonly chunks: readonly number[];
  /** Partial sums that an earlier phase has set to zero. */
  private readonly zeroed = new Set<Buffer>();
  /** True while a sliced stage is written. */
  private sliced = false;

  constructor(
    private readonly plan: Plan,
    private readonly counts: ArgumentCounts,
    private readonly target: ProductTarget,
    private readonly kernels: readonly Kernel[],
  ) {
    this.globals = allocateGlobal(plan.buffers);
    this.stored = storedBuffers(kernels);
    const temporariesOf = (op: ProductOp, fraction: number) => productCode(op, target, fraction).scratch;
    const scratch = (blockSize: number) =>
      allocateScratch(plan, kernels, this.stored, temporariesOf, blockSize);
    this.blockSize = chooseBlockSize(plan, (blockSize) => scratch(blockSize).size);
    this.scratch = scratch(this.blockSize);
    this.chunks = chunksOf(plan.batch / this.blockSize, plan.threads);
    this.partials = allocatePartial(plan.buffers, this.chunks.length - 1);
  }

  write(): ProgramText {
    const phases = Math.max(0, ...this.kernels.map(({ phase }) => phase)) + 1;
    const main: string[] = [];
    for (let phase = 0; phase < phases; phase++) {
      main.push(
        ...this.wholeStage(this.kernels.filter((kernel) => kernel.phase === phase && !kernel.sliced)),
      );
      const sliced = this.kernels.filter((kernel) => kernel.phase === phase && kernel.sliced);
      if (sliced.length > 0) main.push(...this.slicedStage(sliced, phase));
    }
    const { text, parts } = inParts(
      [...this.functions].map(([text, name]) => `KERNEL ${name}${text}`),
      `static void program(int thread, void *addresses) {
  void **A = addresses;
  char *L = scratch[thread];
  (void)A; (void)L;
${main.map((line) => `  ${line}`).join("\n")}
}
`,
    );
    const head = `#define THREADS ${this.plan.threads}
#define GLOBAL_BYTES ${this.globals.size}
#define PARTIAL_FLOATS ${this.partials.size}
#define SCRATCH_BYTES ${this.scratch.size}
#define PHASES ${phases}
#define CHUNKS ${this.chunks.length - 1}
#include "program.h"

static const long first_block[] = {${this.chunks.join(", ")}};
`;
    return { text: `${head}\n${text}`, parts };
  }

  /** The kernels of a whole stage. All threads run each of them, with barriers before kernels that depend on others. */
  private wholeStage(kernels: readonly Kernel[]): string[] {
    const lines: string[] = [];
    let open = new Set<Buffer>();
    this.sliced = false;
    for (const kernel of kernels) {
      if (
        kernelOps(kernel)
          .flatMap(touches)
          .some((buffer) => open.has(buffer))
      ) {
        lines.push("barrier();");
        open = new Set();
      }
      lines.push(...this.call(kernel));
      for (const op of kernelOps(kernel)) open.add(writes(op));
    }
    if (kernels.length > 0) lines.push("barrier();");
    return lines;
  }

  /** The kernels of a sliced stage. A thread takes one chunk of the blocks after another. */
  private slicedStage(kernels: readonly Kernel[], phase: number): string[] {
    this.sliced = true;
    return [
      `for (int chunk; (chunk = take_chunk(${phase})) < CHUNKS;) {`,
      ...this.zeroSums(kernels).map((line) => `  ${line}`),
      "  for (long block = first_block[chunk]; block < first_block[chunk + 1]; block++) {",
      `    const long first_example = block * ${this.blockSize};`,
      ...kernels.flatMap((kernel) => this.call(kernel)).map((line) => `    ${line}`),
      "  }",
      "}",
      "barrier();",
    ];
  }

  /** Sets the partial sums of a chunk to zero, in the first phase that adds to them. */
  private zeroSums(kernels: readonly Kernel[]): string[] {
    const sums = new Set(kernels.flatMap(kernelOps).map(writes));
    return [...sums]
      .filter((buffer) => buffer.space.kind === "partial" && !this.zeroed.has(buffer))
      .map((buffer) => {
        this.zeroed.add(buffer);
        return `memset(${this.sumsOfChunk(buffer)}, 0, ${buffer.size * 4});`;
      });
  }

  private sumsOfChunk(buffer: Buffer): string {
    return `partial + ${this.partials.offsets.get(buffer)} + chunk * ${buffer.size}L`;
  }

  /** Calls a kernel: on one block in a sliced stage, on a range for each thread in a whole stage. */
  private call(kernel: Kernel): string[] {
    const { sliced } = this;
    const fraction = sliced ? this.blockSize / this.plan.batch : 1;
    switch (kernel.kind) {
      case "loop": {
        const rows = sliced ? kernel.rows * fraction : undefined;
        const code =
          vectorCode(kernel, rows, this.stored) ??
          loopCode(kernel, rows, this.stored, this.chunks.length - 1);
        if (code.pointers.every(({ written }) => !written)) return [];
        const flat = isFlat(kernel);
        const n = flat ? kernel.rows * kernel.columns : kernel.rows;
        const range = flat ? [n, 4096, 64] : [n, Math.ceil(4096 / kernel.columns), 1];
        return [this.callLoop(kernel, code, sliced ? undefined : range)];
      }
      case "pack": {
        const { body, panels } = packCode(kernel, this.target);
        const pointers = [
          { view: kernel.from, written: false },
          { view: { buffer: kernel.to, shape: [kernel.to.size], strides: [1], offset: 0 }, written: true },
        ];
        return [this.callLoop(kernel, { body, pointers }, [panels, 1, 1])];
      }
      case "product": {
        const { body, parameters, scratch, sizes } = productCode(kernel, this.target, fraction);
        const name = this.define(`product_${sizes.join("x")}_`, parameters, body);
        const args = byExample(kernel).map((view) => this.address(view));
        return [
          this.serial(`${name}(${[...args, ...this.temporaries(kernel, scratch.length)].join(", ")});`),
        ];
      }
      case "epilogue": {
        const code = epilogueCode(kernel, this.target, fraction, this.stored);
        const parameters = [...code.parameters, ...parametersOf(code)];
        const name = this.define(`epilogue_${code.sizes.join("x")}_`, parameters, code.body);
        const [first] = kernel.products;
        const [left] = byExample(first);
        const views = [left!, ...kernel.products.map((product) => byExample(product)[1]!)];
        const args = [...views, ...code.pointers.map(({ view }) => view)].map((view) => this.address(view));
        return [`${name}(${[...this.temporaries(first, code.temporaries), ...args].join(", ")});`];
      }
      case "add":
        return [this.serial(this.callLoop(kernel, addCode(kernel, fraction)))];
      case "gather":
        return [this.serial(this.callLoop(kernel, gatherCode(kernel, fraction)))];
      case "scatter":
        return [this.serial(this.callLoop(kernel, scatterCode(kernel)))];
    }
  }

  /** The C text of the addresses of a product's temporaries. */
  private temporaries(product: ProductOp, count: number): string[] {
    const type = storedAs[product.a.buffer.dtype];
    const offset = (n: number) => this.scratch.offsets.get(temporaryOf(product, n));
    return Array.from({ length: count }, (_, n) => `(${type} *)(L + ${offset(n)})`);
  }

  /** Lets the first thread alone make a call that cannot be divided. */
  private serial(call: string): string {
    return this.sliced ? call : `if (thread == 0) ${call}`;
  }

  private callLoop({ kind }: Kernel, code: KernelCode, range?: readonly number[]): string {
    const ranged = range === undefined ? [] : ["long from", "long to"];
    const name = this.define(kind, [...parametersOf(code), ...ranged], code.body);
    const args = code.pointers.map(({ view }) => this.address(view));
    if (range === undefined) return `${name}(${args.join(", ")});`;
    const [n, few, step] = range;
    const bounds = `range_start(${n}, thread, ${few}, ${step}), range_start(${n}, thread + 1, ${few}, ${step})`;
    return `${name}(${[...args, bounds].join(", ")});`;
  }

  /** The name of a function, which a profiler shows. Equal functions are defined once. */
  private define(kind: string, parameters: readonly string[], body: string): string {
    const text = `(${parameters.join(", ")}) {\n${body}\n}`;
    const name = this.functions.get(text) ?? `${kind}${this.functions.size}`;
    this.functions.set(text, name);
    return name;
  }

  /** The C text of the address of a view; in a sliced stage, of its current block. */
  private address(view: View): string {
    const { buffer, offset, shape, strides } = view;
    const type = storedAs[buffer.dtype];
    const { space } = buffer;
    const local = space.kind === "local";
    const step =
      !this.sliced || local || shape.length === 0 ? 0 : (strides[0]! * shape[0]!) / this.plan.batch;
    const plus = `${offset === 0 ? "" : ` + ${offset}`}${step === 0 ? "" : ` + first_example * ${step}`}`;
    switch (space.kind) {
      case "local":
        return `(${type} *)(L + ${this.scratch.offsets.get(buffer)})${plus}`;
      case "global":
        return `(${type} *)(global + ${this.globals.offsets.get(buffer)})${plus}`;
      case "partial":
        if (this.sliced) return `${this.sumsOfChunk(buffer)} + ${offset}`;
        return `partial + ${this.partials.offsets.get(buffer)! + offset}`;
      case "input":
        return `(${type} *)A[${space.index}]${plus}`;
      case "result":
        return `(${type} *)A[${this.counts.inputs + space.index}]${plus}`;
      case "constant":
        return `(${type} *)A[${this.counts.inputs + this.counts.results + space.index}]${plus}`;
    }
  }
}

/** Operands and result of a product, as views whose first dimension is the batch if they differ between examples. */
function byExample({ a, b, to, packed, accumulate }: ProductOp): View[] {
  if (a.shape.length > 2) return [a, b, to.view!];
  const fixed = (view: View): View => ({ ...view, strides: [0, 0] });
  if (!accumulate)
    return [a, packed === undefined ? fixed(b) : fixed({ ...b, buffer: packed, offset: 0 }), to.view!];
  return [transposed(a, [1, 0]), b, to.view!];
}

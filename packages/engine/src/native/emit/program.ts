/** A plan as the text of a C program. */
import { type Buffer, storedAs, transposed, type View } from "../plan/memory";
import { type Plan, type ProductOp, reads, writes } from "../plan/ops";
import { examplesTogether, sharesOf } from "../schedule/blocks";
import { fuse, isFlat, type Kernel, kernelOps } from "../schedule/fuse";
import {
  globalPlaces,
  neededBuffers,
  type Places,
  partialPlaces,
  type ScratchKey,
  scratchPlaces,
  settle,
  temporaryOf,
} from "../schedule/memory-plan";
import { recompute } from "../schedule/recompute";
import { widen } from "../schedule/widen";
import { packCode, productCode } from "./gemm";
import { loopCode } from "./loops";
import { type KernelCode, parametersOf } from "./pointers";
import { addCode, gatherCode, scatterCode } from "./small";
import { vectorCode } from "./vectors";

/** Where in the array of addresses that a program is called with the kinds stand. */
export interface Addresses {
  readonly inputs: number;
  readonly results: number;
}

/** Writes the program, which exports `run` and `leave` of `native/program.h`. */
export function programText(plan: Plan, addresses: Addresses, panel: number): string {
  const kernels = recompute(fuse(settle(plan))).map((kernel) =>
    kernel.kind === "loop" ? widen(kernel, plan.batch) : kernel,
  );
  return new ProgramWriter(plan, addresses, panel, kernels).write();
}

class ProgramWriter {
  /** The name of each function, by its parameters and body. */
  private readonly functions = new Map<string, string>();
  private readonly globals: Places<Buffer>;
  private readonly partials: Places<Buffer>;
  private readonly scratch: Places<ScratchKey>;
  private readonly needed: ReadonlySet<Buffer>;
  /** Examples in a block. */
  private readonly together: number;
  /** Shares of the blocks: the first block of each, and behind them the number of blocks. */
  private readonly shares: readonly number[];
  /** Sums over the batch that a part before has begun. */
  private readonly zeroed = new Set<Buffer>();
  /** Whether a sliced part is being written. */
  private sliced = false;

  constructor(
    private readonly plan: Plan,
    private readonly addresses: Addresses,
    private readonly panel: number,
    private readonly kernels: readonly Kernel[],
  ) {
    this.globals = globalPlaces(plan.buffers);
    this.needed = neededBuffers(kernels);
    const temporariesOf = (op: ProductOp, fraction: number) => productCode(op, panel, fraction).scratch;
    const scratch = (together: number) => scratchPlaces(plan, kernels, this.needed, temporariesOf, together);
    this.together = examplesTogether(plan, (together) => scratch(together).size);
    this.scratch = scratch(this.together);
    this.shares = sharesOf(plan.batch / this.together, plan.threads);
    this.partials = partialPlaces(plan.buffers, this.shares.length - 1);
  }

  write(): string {
    const phases = Math.max(0, ...this.kernels.map(({ phase }) => phase)) + 1;
    const main: string[] = [];
    for (let phase = 0; phase < phases; phase++) {
      main.push(...this.wholePart(this.kernels.filter((kernel) => kernel.phase === phase && !kernel.sliced)));
      const sliced = this.kernels.filter((kernel) => kernel.phase === phase && kernel.sliced);
      if (sliced.length > 0) main.push(...this.slicedPart(sliced, phase));
    }
    return `#define THREADS ${this.plan.threads}
#define GLOBAL_BYTES ${this.globals.size}
#define PARTIAL_FLOATS ${this.partials.size}
#define SCRATCH_BYTES ${this.scratch.size}
#define PARTS ${phases}
#define SHARES ${this.shares.length - 1}
#include "program.h"

static const long first_block[] = {${this.shares.join(", ")}};

${[...this.functions].map(([text, name]) => `static void ${name}${text}`).join("\n\n")}

static void program(int thread, void *addresses) {
  void **A = addresses;
  char *L = scratch[thread];
  (void)A; (void)L;
${main.map((line) => `  ${line}`).join("\n")}
}
`;
  }

  /** The kernels of a whole part, each done by all threads, with barriers where one waits for another. */
  private wholePart(kernels: readonly Kernel[]): string[] {
    const lines: string[] = [];
    let open = new Set<Buffer>();
    this.sliced = false;
    for (const kernel of kernels) {
      const touched = kernelOps(kernel).flatMap((op) => [
        ...reads(op).map(({ buffer }) => buffer),
        writes(op),
      ]);
      if (touched.some((buffer) => open.has(buffer))) {
        lines.push("barrier();");
        open = new Set();
      }
      lines.push(...this.call(kernel));
      for (const op of kernelOps(kernel)) open.add(writes(op));
    }
    if (kernels.length > 0) lines.push("barrier();");
    return lines;
  }

  /** The kernels of a sliced part: each thread takes a share of the blocks, and when it is done another one. */
  private slicedPart(kernels: readonly Kernel[], part: number): string[] {
    this.sliced = true;
    return [
      `for (int share; (share = take(${part})) < SHARES;) {`,
      ...this.noSums(kernels).map((line) => `  ${line}`),
      "  for (long block = first_block[share]; block < first_block[share + 1]; block++) {",
      `    const long unit = block * ${this.together};`,
      ...kernels.flatMap((kernel) => this.call(kernel)).map((line) => `    ${line}`),
      "  }",
      "}",
      "barrier();",
    ];
  }

  /** A share's sums over the batch begin at zero, in the first part that adds to them. */
  private noSums(kernels: readonly Kernel[]): string[] {
    const sums = new Set(kernels.flatMap(kernelOps).map(writes));
    return [...sums]
      .filter((buffer) => buffer.home.kind === "partial" && !this.zeroed.has(buffer))
      .map((buffer) => {
        this.zeroed.add(buffer);
        return `memset(${this.sumsOfShare(buffer)}, 0, ${buffer.size * 4});`;
      });
  }

  private sumsOfShare(buffer: Buffer): string {
    return `partial + ${this.partials.offsets.get(buffer)} + share * ${buffer.size}L`;
  }

  /** Calls of a kernel: for a block in a sliced part, by all threads together in a whole one. */
  private call(kernel: Kernel): string[] {
    const { sliced } = this;
    const fraction = sliced ? this.together / this.plan.batch : 1;
    switch (kernel.kind) {
      case "loop": {
        const rows = sliced ? kernel.rows * fraction : undefined;
        const code =
          vectorCode(kernel, rows, this.needed) ??
          loopCode(kernel, rows, this.needed, this.shares.length - 1);
        if (code.pointers.every(({ written }) => !written)) return [];
        const flat = isFlat(kernel);
        const n = flat ? kernel.rows * kernel.columns : kernel.rows;
        const range = flat ? [n, 4096, 64] : [n, Math.ceil(4096 / kernel.columns), 1];
        return [this.callLoop(code, sliced ? undefined : range)];
      }
      case "pack": {
        const { body, panels } = packCode(kernel, this.panel);
        const pointers = [
          { view: kernel.from, written: false },
          { view: { buffer: kernel.to, shape: [kernel.to.size], strides: [1], offset: 0 }, written: true },
        ];
        return [this.callLoop({ body, pointers }, [panels, 1, 1])];
      }
      case "product": {
        const { body, parameters, scratch } = productCode(kernel, this.panel, fraction);
        const name = this.define(parameters, body);
        const args = byExample(kernel).map((view) => this.address(view));
        const type = storedAs[kernel.a.buffer.dtype];
        const places = scratch.map(
          (_, i) => `(${type} *)(L + ${this.scratch.offsets.get(temporaryOf(kernel, i))})`,
        );
        return [this.serial(`${name}(${[...args, ...places].join(", ")});`)];
      }
      case "add":
        return [this.serial(this.callLoop(addCode(kernel, fraction)))];
      case "gather":
        return [this.serial(this.callLoop(gatherCode(kernel, fraction)))];
      case "scatter":
        return [this.serial(this.callLoop(scatterCode(kernel)))];
    }
  }

  /** What threads cannot share is done by the first. */
  private serial(call: string): string {
    return this.sliced ? call : `if (thread == 0) ${call}`;
  }

  private callLoop(code: KernelCode, range?: readonly number[]): string {
    const ranged = range === undefined ? [] : ["long from", "long to"];
    const name = this.define([...parametersOf(code), ...ranged], code.body);
    const args = code.pointers.map(({ view }) => this.address(view));
    if (range === undefined) return `${name}(${args.join(", ")});`;
    const [n, few, step] = range;
    const bounds = `share(${n}, thread, ${few}, ${step}), share(${n}, thread + 1, ${few}, ${step})`;
    return `${name}(${[...args, bounds].join(", ")});`;
  }

  /** The name of a function; the same text is written once. */
  private define(parameters: readonly string[], body: string): string {
    const text = `(${parameters.join(", ")}) {\n${body}\n}`;
    const name = this.functions.get(text) ?? `k${this.functions.size}`;
    this.functions.set(text, name);
    return name;
  }

  /** The address of a view's first element, in a sliced part that of its block. */
  private address(view: View): string {
    const { buffer, offset, shape, strides } = view;
    const type = storedAs[buffer.dtype];
    const { home } = buffer;
    const local = home.kind === "local";
    const step =
      !this.sliced || local || shape.length === 0 ? 0 : (strides[0]! * shape[0]!) / this.plan.batch;
    const plus = `${offset === 0 ? "" : ` + ${offset}`}${step === 0 ? "" : ` + unit * ${step}`}`;
    switch (home.kind) {
      case "local":
        return `(${type} *)(L + ${this.scratch.offsets.get(buffer)})${plus}`;
      case "global":
        return `(${type} *)(global + ${this.globals.offsets.get(buffer)})${plus}`;
      case "partial":
        if (this.sliced) return `${this.sumsOfShare(buffer)} + ${offset}`;
        return `partial + ${this.partials.offsets.get(buffer)! + offset}`;
      case "input":
        return `(${type} *)A[${home.index}]${plus}`;
      case "result":
        return `(${type} *)A[${this.addresses.inputs + home.index}]${plus}`;
      case "constant":
        return `(${type} *)A[${this.addresses.inputs + this.addresses.results + home.index}]${plus}`;
    }
  }
}

/** Operands and result of a product, with what differs from example to example along the first dimension. */
function byExample({ a, b, to, packed, accumulate }: ProductOp): View[] {
  if (a.shape.length > 2) return [a, b, to.view!];
  const fixed = (view: View): View => ({ ...view, strides: [0, 0] });
  if (!accumulate)
    return [a, packed === undefined ? fixed(b) : fixed({ ...b, buffer: packed, offset: 0 }), to.view!];
  return [transposed(a, [1, 0]), b, to.view!];
}

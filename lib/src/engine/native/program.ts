/** A plan as the text of a C program. */
import { sizeOf } from "../graph/graph";
import { arrange, type Lifetime } from "./arena";
import { fuse, type Kernel, kernelOps, levelIn, passedOn } from "./fuse";
import { isFlat, type KernelCode, loopCode, parametersOf, rowIndex } from "./loop-code";
import { type Buffer, bytesOf, storedAs, transposed, type View } from "./memory";
import { type AddOp, type GatherOp, type Op, type Plan, type ProductOp, reads, type ScatterOp, writes } from "./ops";
import { packCode, productCode } from "./product-code";

/** Where in the array of addresses that a program is called with the kinds stand. */
export interface Addresses {
  readonly inputs: number;
  readonly results: number;
}

/**
 * Writes the program. It exports `int run(void **addresses)`, which gives 0, or 1 where memory or threads are missing,
 * or 2 where an index was not in its table; and `void leave(void)`, to be called before it is unloaded.
 */
export function programText(plan: Plan, addresses: Addresses, panel: number): string {
  const kernels = fuse(settle(plan));
  return new ProgramWriter(plan, addresses, panel, kernels).write();
}

/** Gives buffers that other stages read, or read as a whole, memory that outlives a block. */
function settle(plan: Plan): readonly Op[] {
  for (const op of plan.ops) {
    for (const { buffer } of reads(op)) {
      if (buffer.home.kind !== "local") continue;
      if (op.phase !== buffer.made!.phase || !op.sliced) buffer.home = { kind: "global" };
    }
  }
  return plan.ops;
}

/** Bytes of scratch memory that a core keeps near. */
const nearBytes = 3 << 20;

class ProgramWriter {
  private readonly functions = new Map<string, string>();
  private readonly globals = new Map<Buffer, number>();
  private globalBytes = 0;
  private partialElements = 0;
  private readonly partials = new Map<Buffer, number>();
  private scratchBytes = 0;
  /** Examples in a block. */
  private readonly together: number;
  /** Offsets in scratch memory; undefined while a whole part is written. */
  private offsets: ReadonlyMap<object, number> | undefined;

  constructor(
    private readonly plan: Plan,
    private readonly addresses: Addresses,
    private readonly panel: number,
    private readonly kernels: readonly Kernel[],
  ) {
    for (const buffer of plan.buffers) {
      if (buffer.home.kind === "global") {
        this.globals.set(buffer, this.globalBytes);
        this.globalBytes += Math.ceil((buffer.size * bytesOf[buffer.dtype] + 256) / 64) * 64;
      } else if (buffer.home.kind === "partial") {
        this.partials.set(buffer, this.partialElements);
        this.partialElements += buffer.size;
      }
    }
    this.together = this.blockSize();
  }

  /** As many examples as give every thread the same, and whose memory stays near. */
  private blockSize(): number {
    const { batch, threads } = this.plan;
    const wanted = Number(process.env.TRM_BLOCK ?? 0);
    const share = Math.floor(batch / threads);
    const sizes = Array.from({ length: share }, (_, i) => share - i).filter((n) => batch % n === 0 && (batch / n) % threads === 0);
    const fits = sizes.find((n) => (wanted > 0 ? n <= wanted : this.lifetimes(n).bytes <= nearBytes));
    return fits ?? sizes.at(-1) ?? 1;
  }

  write(): string {
    const phases = Math.max(0, ...this.kernels.map(({ phase }) => phase)) + 1;
    const { offsets } = this.lifetimes(this.together);
    const main: string[] = [];
    for (let phase = 0; phase < phases; phase++) {
      main.push(...this.wholePart(this.kernels.filter((kernel) => kernel.phase === phase && !kernel.sliced)));
      const sliced = this.kernels.filter((kernel) => kernel.phase === phase && kernel.sliced);
      if (sliced.length > 0) main.push(...this.slicedPart(sliced, offsets));
    }
    const { threads } = this.plan;
    return `#include "gemm.h"
#include "functions.h"
#include "threads.h"
#include <stdlib.h>

#define THREADS ${threads}
static char *G, *S[THREADS];
static float *P;
static int fault;

/* The part of n that a thread does; few are done by the first. */
static inline long share(long n, int thread, long few, long step) {
  if (n < few) return thread == 0 ? 0 : n;
  return thread == THREADS ? n : n * thread / THREADS / step * step;
}

${[...this.functions].map(([text, name]) => text.replace("NAME", name)).join("\n\n")}

static void program(int thread, void *context) {
  void **A = context;
  char *L = S[thread];
  (void)A; (void)L;
${main.map((line) => `  ${line}`).join("\n")}
}

static char *memory(long bytes) {
  void *place = 0;
  if (posix_memalign(&place, 64, bytes + 64) != 0) return 0;
  memset(place, 0, bytes + 64);
  return place;
}

int run(void **addresses) {
  if (G == 0) G = memory(${this.globalBytes});
  if (P == 0) P = (float *)memory(${this.partialElements * 4});
  for (int i = 0; i < THREADS; i++) if (S[i] == 0) S[i] = memory(${this.scratchBytes});
  if (G == 0 || P == 0) return 1;
  for (int i = 0; i < THREADS; i++) if (S[i] == 0) return 1;
  fault = 0;
  if (!parallel(THREADS, program, addresses)) return 1;
  return fault;
}

void leave(void) {
  stop_threads();
  free(G); free(P); G = 0; P = 0;
  for (int i = 0; i < THREADS; i++) { free(S[i]); S[i] = 0; }
}
`;
  }

  /** The kernels of a whole part, each done by all threads, with barriers where one waits for another. */
  private wholePart(kernels: readonly Kernel[]): string[] {
    const lines: string[] = [];
    let open = new Set<Buffer>();
    this.offsets = undefined;
    for (const kernel of kernels) {
      const touched = kernelOps(kernel).flatMap((op) => [...reads(op).map(({ buffer }) => buffer), writes(op)]);
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

  private slicedPart(kernels: readonly Kernel[], offsets: ReadonlyMap<object, number>): string[] {
    const blocks = this.plan.batch / this.together;
    this.offsets = offsets;
    const touched = new Set(kernels.flatMap((kernel) => kernelOps(kernel).map(writes)));
    const zeroed = [...this.partials].filter(([buffer]) => touched.has(buffer));
    return [
      ...zeroed.map(([buffer, offset]) => {
        const size = buffer.size / this.plan.threads;
        return `memset(P + ${offset} + thread * ${size}L, 0, ${size * 4});`;
      }),
      `for (long block = ${blocks}L * thread / THREADS; block < ${blocks}L * (thread + 1) / THREADS; block++) {`,
      `  const long unit = block * ${this.together};`,
      ...kernels.flatMap((kernel) => this.call(kernel)).map((line) => `  ${line}`),
      "}",
      "barrier();",
    ];
  }

  /** Lifetimes of what sliced parts keep in scratch memory, with blocks of some examples. */
  private lifetimes(together: number): { offsets: Map<object, number>; bytes: number } {
    const { plan } = this;
    const lives = new Map<object, { key: object; bytes: number; first: number; last: number }>();
    this.kernels.forEach((kernel, i) => {
      if (!kernel.sliced) return;
      for (const op of kernelOps(kernel)) {
        for (const buffer of [...reads(op).map(({ buffer }) => buffer), writes(op)]) {
          if (buffer.home.kind !== "local" || !this.isNeeded(buffer)) continue;
          const bytes = (buffer.size / plan.batch) * together * bytesOf[buffer.dtype];
          const life = lives.get(buffer) ?? { key: buffer, bytes, first: i, last: i };
          lives.set(buffer, { ...life, last: i });
        }
        if (op.kind !== "product") continue;
        const { scratch } = productCode(op, this.panel, together / plan.batch);
        scratch.forEach((elements, j) => {
          const key = this.scratchKey(op, j);
          lives.set(key, { key, bytes: elements * bytesOf[op.a.buffer.dtype], first: i, last: i });
        });
      }
    });
    const items: (Lifetime & { key: object })[] = [...lives.values()];
    const { offsets, bytes } = arrange(items);
    this.scratchBytes = bytes;
    return { offsets: new Map(items.map((item) => [item.key, offsets.get(item)!])), bytes };
  }

  private readonly keys = new Map<Op, object[]>();

  private scratchKey(op: Op, index: number): object {
    const known = this.keys.get(op) ?? [];
    this.keys.set(op, known);
    known[index] ??= {};
    return known[index]!;
  }

  private neededBuffers?: Set<Buffer>;

  /** Whether a buffer has to be in memory: not, if only the loop that makes it reads it. */
  private isNeeded = (buffer: Buffer): boolean => {
    if (this.neededBuffers === undefined) {
      this.neededBuffers = new Set();
      for (const kernel of this.kernels) {
        for (const op of kernelOps(kernel)) {
          for (const view of reads(op)) {
            if (!isPassedOn(kernel, op, view)) this.neededBuffers.add(view.buffer);
          }
        }
      }
    }
    return buffer.home.kind === "result" || this.neededBuffers.has(buffer);
  };

  /** Calls of a kernel: for a block in a sliced part, by all threads together in a whole one. */
  private call(kernel: Kernel): string[] {
    const sliced = this.offsets !== undefined;
    const fraction = sliced ? this.together / this.plan.batch : 1;
    switch (kernel.kind) {
      case "loop": {
        const code = loopCode(kernel, sliced ? kernel.rows * fraction : undefined, this.isNeeded);
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
        if (!sliced) {
          const places = scratch.map((elements) => `(${storedAs[kernel.a.buffer.dtype]} *)malloc(${elements * 4 + 256})`);
          const frees = places.map((_, i) => `free(s${i});`).join(" ");
          const made = places.map((place, i) => `${storedAs[kernel.a.buffer.dtype]} *s${i} = ${place};`).join(" ");
          return [`if (thread == 0) { ${made} ${name}(${[...args, ...places.map((_, i) => `s${i}`)].join(", ")}); ${frees} }`];
        }
        const places = scratch.map((_, i) => `(${storedAs[kernel.a.buffer.dtype]} *)(L + ${this.offsets!.get(this.scratchKey(kernel, i))})`);
        return [`${name}(${[...args, ...places].join(", ")});`];
      }
      case "add":
        return this.serial(this.callLoop(addCode(kernel, fraction), undefined));
      case "gather":
        return this.serial(this.callLoop(gatherCode(kernel, fraction), undefined));
      case "scatter":
        return this.serial(this.callLoop(scatterCode(kernel), undefined));
    }
  }

  /** What threads cannot share is done by the first. */
  private serial(call: string): string[] {
    return [this.offsets === undefined ? `if (thread == 0) ${call}` : call];
  }

  private callLoop(code: KernelCode, range: readonly number[] | undefined): string {
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
    const text = `static void NAME(${parameters.join(", ")}) {\n${body}\n}`;
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
    const step = this.offsets === undefined || local || shape.length === 0 ? 0 : (strides[0]! * shape[0]!) / this.plan.batch;
    const plus = `${offset === 0 ? "" : ` + ${offset}`}${step === 0 ? "" : ` + unit * ${step}`}`;
    switch (home.kind) {
      case "local":
        return `(${type} *)(L + ${this.offsets!.get(buffer)})${plus}`;
      case "global":
        return `(${type} *)(G + ${this.globals.get(buffer)})${plus}`;
      case "partial": {
        const mine = this.offsets === undefined ? "" : ` + thread * ${buffer.size / this.plan.threads}L`;
        return `P + ${this.partials.get(buffer)! + offset}${mine}`;
      }
      case "input":
        return `(${type} *)A[${home.index}]${plus}`;
      case "result":
        return `(${type} *)A[${this.addresses.inputs + home.index}]${plus}`;
      case "constant":
        return `(${type} *)A[${this.addresses.inputs + this.addresses.results + home.index}]${plus}`;
    }
  }
}

function isPassedOn(kernel: Kernel, op: Op, view: View): boolean {
  if (kernel.kind !== "loop" || (op.kind !== "map" && op.kind !== "row")) return false;
  const level = op.kind === "row" ? "element" : levelIn(kernel, op)!;
  return passedOn(kernel, level, { kind: "view", view }) !== undefined;
}

/** Operands and result of a product, with what differs from example to example along the first dimension. */
function byExample({ a, b, to, packed, accumulate }: ProductOp): View[] {
  if (a.shape.length > 2) return [a, b, to.view!];
  const fixed = (view: View): View => ({ ...view, strides: [0, 0] });
  if (!accumulate) return [a, packed === undefined ? fixed(b) : fixed({ ...b, buffer: packed, offset: 0 }), to.view!];
  return [transposed(a, [1, 0]), b, to.view!];
}

function addCode({ from, to: { view } }: AddOp, fraction: number): KernelCode {
  const to = view!;
  const columns = from.shape.at(-1)!;
  const leading = from.shape.length === 1;
  const rows = (sizeOf(from.shape) / (leading ? 1 : columns)) * fraction;
  const value = (index: string) => (from.buffer.dtype === "bfloat16" ? `bf16_to_f32(p0[${index}])` : `p0[${index}]`);
  const [shape, fs, ts] = leading
    ? [from.shape, from.strides, to.strides]
    : [from.shape.slice(0, -1), from.strides.slice(0, -1), to.strides.slice(0, -1)];
  const [fc, tc] = leading ? [0, 0] : [from.strides.at(-1)!, to.strides.at(-1)!];
  const body = [
    `for (long r = 0; r < ${rows}; r++) {`,
    `const long f = ${rowIndex(shape, fs)}, t = ${rowIndex(shape, ts)};`,
    leading ? `p1[t] += ${value("f")};` : `for (long c = 0; c < ${columns}; c++) p1[t + c * ${tc}] += ${value(`f + c * ${fc}`)};`,
    "}",
  ];
  return { body: body.join("\n"), pointers: [{ view: from, written: false }, { view: to, written: true }] };
}

function gatherCode({ table, index, to }: GatherOp, fraction: number): KernelCode {
  const rows = sizeOf(index.shape) * fraction;
  const width = sizeOf(to.shape) / sizeOf(index.shape);
  const entries = table.shape[0]!;
  const body = [
    `for (long r = 0; r < ${rows}; r++) {`,
    "long i = p1[r];",
    `if (i < 0 || i >= ${entries}) { fault = 2; i = 0; }`,
    `for (long c = 0; c < ${width}; c++) p2[r * ${width} + c] = p0[i * ${width} + c];`,
    "}",
  ];
  const whole: View = { ...table, shape: [sizeOf(table.shape)], strides: [0] };
  return { body: body.join("\n"), pointers: [{ view: whole, written: false }, { view: index, written: false }, { view: to, written: true }] };
}

function scatterCode({ table, index, updates, to }: ScatterOp): KernelCode {
  const width = sizeOf(table.shape) / table.shape[0]!;
  const body = [
    `for (long i = 0; i < ${sizeOf(table.shape)}; i++) p3[i] = p0[i];`,
    `for (long r = 0; r < ${sizeOf(index.shape)}; r++) {`,
    "const long i = p1[r];",
    `if (i < 0 || i >= ${table.shape[0]}) { fault = 2; continue; }`,
    `for (long c = 0; c < ${width}; c++) p3[i * ${width} + c] = p2[r * ${width} + c];`,
    "}",
  ];
  const pointers = [table, index, updates].map((view) => ({ view, written: false }));
  return { body: body.join("\n"), pointers: [...pointers, { view: to, written: true }] };
}

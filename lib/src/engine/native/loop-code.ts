/** A fused loop as a C function. */
import { literal } from "./expressions";
import { type Level, type Loop, levelIn, passedOn } from "./fuse";
import { type Buffer, computedAs, loops, type NativeType, storedAs, type View } from "./memory";
import type { Argument, MapOp, RowOp } from "./ops";

/** C text of a kernel, and the views whose addresses it is called with. */
export interface KernelCode {
  /** The body of a function of the pointers `p0, p1, …`, and of `from` and `to` where it does a range. */
  readonly body: string;
  readonly pointers: readonly { readonly view: View; readonly written: boolean }[];
}

/** What a reduction begins with. */
const initial: Record<string, string> = {
  sum: "0.0f",
  max: "-INFINITY",
  min: "INFINITY",
  prod: "1.0f",
  any: "0",
  all: "1",
};
/** C that adds an element to a reduction. */
const combine: Record<string, (a: string, x: string) => string> = {
  sum: (a, x) => `${a} += ${x};`,
  max: (a, x) => `${a} = ${a} > ${x} ? ${a} : ${x};`,
  min: (a, x) => `${a} = ${a} < ${x} ? ${a} : ${x};`,
  prod: (a, x) => `${a} *= ${x};`,
  any: (a, x) => `${a} |= ${x} != 0;`,
  all: (a, x) => `${a} &= ${x} != 0;`,
};
/** How OpenMP calls it, so that a row's elements are combined in any order. */
const ompOperator: Record<string, string> = {
  sum: "+",
  prod: "*",
  any: "|",
  all: "&",
  max: "max",
  min: "min",
};

/**
 * Writes a loop over its rows.
 *
 * @param needed what has to be in memory afterwards
 * @param rows how many, or undefined where the function is told a range of them
 */
export function loopCode(loop: Loop, rows: number | undefined, needed: ReadonlySet<Buffer>): KernelCode {
  const only = loop.ops[0]!;
  if (only.kind === "row" && only.how === "argmax") return argMaxCode(loop, only, rows);
  return new LoopWriter(loop, rows, needed).write();
}

/** Whether all elements are done alike, so that rows do not matter. */
export function isFlat(loop: Loop): boolean {
  return loop.ops.every(
    (op) =>
      op.kind === "map" &&
      levelIn(loop, op) === "element" &&
      [op.to, ...op.args].every((arg) => {
        if ("kind" in arg && arg.kind !== "view") return arg.kind === "literal";
        const view = "kind" in arg ? arg.view : arg;
        const [only, more] = loops(view.shape, view.strides);
        return more === undefined && (only === undefined || only.stride <= 1);
      }),
  );
}

/** Elements that are rounded together. */
const strip = 512;

class LoopWriter {
  private readonly pointers: { view: View; written: boolean }[] = [];
  private readonly flat: boolean;
  /** In how many walks over a row an element is computed, or after which a result of the row is there. */
  private readonly walk = new Map<MapOp | RowOp, number>();
  private readonly names = new Map<MapOp | RowOp, string>();

  constructor(
    private readonly loop: Loop,
    private readonly rows: number | undefined,
    private readonly needed: ReadonlySet<Buffer>,
  ) {
    this.flat = isFlat(loop);
    loop.ops.forEach((op, i) => {
      this.names.set(op, `v${i}`);
      this.walk.set(op, this.firstWalk(op));
    });
  }

  private level = (op: MapOp | RowOp): Level => (op.kind === "row" ? "element" : levelIn(this.loop, op)!);

  private made = (op: MapOp | RowOp): Level => (op.kind === "row" ? "row" : this.level(op));

  private firstWalk(op: MapOp | RowOp): number {
    const before = op.args.map((arg) => {
      const maker = passedOn(this.loop, this.level(op), arg);
      return maker === undefined ? 0 : this.walk.get(maker)!;
    });
    const walk = Math.max(0, ...before);
    return op.kind === "row" ? walk + 1 : walk;
  }

  write(): KernelCode {
    const { loop } = this;
    const last = Math.max(
      0,
      ...loop.ops.map((op) => (op.kind === "row" ? this.walk.get(op)! - 1 : this.walk.get(op)!)),
    );
    const lines: string[] = [];
    for (let walk = 0; walk <= last + 1; walk++) {
      for (const op of loop.ops) {
        if (this.made(op) === "row" && op.kind === "map" && this.walk.get(op) === walk)
          lines.push(...this.rowMap(op));
      }
      if (walk <= last) lines.push(...this.oneWalk(walk));
    }
    const kept = loop.ops.filter((op) => this.isKept(op));
    const arrays = [
      ...kept.map((op) => `${computedAs[op.to.buffer.dtype]} k${this.names.get(op)}[${loop.columns}];`),
      ...this.rounded(loop.ops).map(
        (op) => `float n${this.names.get(op)}[${this.flat ? strip : loop.columns}];`,
      ),
    ];
    const body = this.flat
      ? [...arrays, ...lines]
      : [
          ...arrays,
          `for (long r = ${this.rows === undefined ? "from" : 0}; r < ${this.rows ?? "to"}; r++) {`,
          ...lines,
          "}",
        ];
    return { body: body.join("\n"), pointers: this.pointers };
  }

  /** Operations whose bfloat16 results stand in a row, so that many are rounded by one instruction. */
  private rounded(ops: readonly (MapOp | RowOp)[]): (MapOp | RowOp)[] {
    return ops.filter((op) => {
      const { buffer } = op.to;
      if (this.made(op) !== "element" || buffer.dtype !== "bfloat16" || !this.needed.has(buffer))
        return false;
      return this.flat || (this.loop.columns > 1 && lastStride(op.to) === 1);
    });
  }

  /** Whether a later walk over the row reads an element again. */
  private isKept(op: MapOp | RowOp): boolean {
    if (this.made(op) !== "element") return false;
    return this.loop.ops.some(
      (reader) =>
        this.level(reader) === "element" &&
        this.walkOf(reader) > this.walk.get(op)! &&
        reader.args.some((arg) => passedOn(this.loop, "element", arg) === op),
    );
  }

  /** The walk in which an operation reads elements. */
  private walkOf = (op: MapOp | RowOp): number => this.walk.get(op)! - (op.kind === "row" ? 1 : 0);

  private rowMap(op: MapOp): string[] {
    const name = this.names.get(op)!;
    const type = computedAs[op.to.buffer.dtype];
    const args = op.args.map((arg) => this.read(op, arg, 0));
    return [`const ${type} ${name} = ${op.expression(args)};`, ...this.store(op, "row")];
  }

  private oneWalk(walk: number): string[] {
    const ops = this.loop.ops.filter((op) => this.level(op) === "element" && this.walkOf(op) === walk);
    if (ops.length === 0) return [];
    const reductions = ops.filter((op): op is RowOp => op.kind === "row");
    const inner: string[] = [];
    for (const op of ops) {
      const name = this.names.get(op)!;
      const args = op.args.map((arg) => this.read(op, arg, walk));
      if (op.kind === "row") inner.push(combine[op.how]!(name, args[0]!));
      else {
        inner.push(`const ${computedAs[op.to.buffer.dtype]} ${name} = ${op.expression(args)};`);
        if (this.isKept(op)) inner.push(`k${name}[c] = ${name};`);
        inner.push(...this.store(op, "element"));
      }
    }
    const clauses = reductions
      .filter(({ how }) => how in ompOperator)
      .map((op) => ` reduction(${ompOperator[op.how]}:${this.names.get(op)})`);
    const simd = reductions.every(({ how }) => how in ompOperator)
      ? [`#pragma omp simd${clauses.join("")}`]
      : [];
    const rounded = this.rounded(ops);
    const [first, end] = this.range();
    const strips = this.flat && rounded.length > 0;
    const walkRow = [
      ...simd,
      strips ? "for (long c = strip; c < end; c++) {" : `for (long c = ${first}; c < ${end}; c++) {`,
      ...inner,
      "}",
      ...rounded.map((op) => {
        const start = this.flat ? "strip" : this.rowStart(op.to);
        const count = this.flat ? "end - strip" : String(this.loop.columns);
        return `round_to_bf16(${this.pointer(op.to, true)} + ${start}, n${this.names.get(op)}, ${count});`;
      }),
    ];
    return [
      ...reductions.map(
        (op) => `${computedAs[op.to.buffer.dtype]} ${this.names.get(op)} = ${initial[op.how]};`,
      ),
      ...(strips
        ? [
            `for (long strip = ${first}; strip < ${end}; strip += ${strip}) {`,
            `const long end = strip + ${strip} < ${end} ? strip + ${strip} : ${end};`,
            ...walkRow,
            "}",
          ]
        : walkRow),
      ...reductions.flatMap((op) => this.store(op, "row")),
    ];
  }

  /** The first column and the one behind the last; without rows, of all elements. */
  private range(): [string, string] {
    if (!this.flat) return ["0", String(this.loop.columns)];
    return this.rows === undefined ? ["from", "to"] : ["0", String(this.rows * this.loop.columns)];
  }

  /** C of an argument. */
  private read(op: MapOp | RowOp, arg: Argument, walk: number): string {
    if (arg.kind === "literal") return literal(arg.value, arg.dtype);
    if (arg.kind === "column") return "(int32_t)c";
    const level = this.level(op);
    const maker = passedOn(this.loop, level, arg);
    if (maker !== undefined) {
      const name = this.names.get(maker)!;
      return this.made(maker) === "element" && this.walk.get(maker)! < walk ? `k${name}[c]` : name;
    }
    const value = `${this.pointer(arg.view, false)}[${this.index(arg.view, level)}]`;
    return arg.view.buffer.dtype === "bfloat16" ? `bf16_to_f32(${value})` : value;
  }

  private store(op: MapOp | RowOp, level: Level): string[] {
    if (!this.needed.has(op.to.buffer)) return [];
    const { dtype } = op.to.buffer;
    const name = this.names.get(op)!;
    if (this.rounded([op]).length > 0) return [`n${name}[${this.flat ? "c - strip" : "c"}] = ${name};`];
    const value = dtype === "bfloat16" ? `f32_to_bf16(${name})` : name;
    return [`${this.pointer(op.to, true)}[${this.index(op.to, level)}] = ${value};`];
  }

  /** Where row `r` begins. */
  private rowStart(view: View): string {
    const { shape, strides } = withColumns(view);
    return rowIndex(shape.slice(0, -1), strides.slice(0, -1));
  }

  private pointer(view: View, written: boolean): string {
    const { buffer, offset, shape, strides } = view;
    const leading = shape.length === 0 ? 0 : strides[0]! * shape[0]!;
    let index = this.pointers.findIndex(({ view: other, written: w }) => {
      const same = other.buffer === buffer && other.offset === offset && w === written;
      return same && (other.shape.length === 0 ? 0 : other.strides[0]! * other.shape[0]!) === leading;
    });
    if (index < 0) {
      index = this.pointers.length;
      this.pointers.push({ view, written });
    }
    return `p${index}`;
  }

  /** Where an element is, from row `r` and column `c`. */
  private index(view: View, level: Level): string {
    const { columns } = this.loop;
    if (this.flat)
      return loops(view.shape, view.strides).length === 0 || view.strides.every((s) => s === 0) ? "0" : "c";
    if (level === "row" || columns === 1) return rowIndex(view.shape, view.strides);
    const stride = lastStride(view);
    const row = this.rowStart(view);
    const column = stride === 0 ? "" : stride === 1 ? "c" : `c * ${stride}`;
    return [row === "0" ? "" : row, column].filter((term) => term !== "").join(" + ") || "0";
  }
}

/** Dimensions without those of size 1 at the end, which are not columns. */
function withColumns({ shape, strides }: View): { shape: readonly number[]; strides: readonly number[] } {
  let rank = shape.length;
  while (rank > 1 && shape[rank - 1] === 1) rank--;
  return { shape: shape.slice(0, rank), strides: strides.slice(0, rank) };
}

const lastStride = (view: View): number => withColumns(view).strides.at(-1)!;

/** The place of row `r`, counted through the dimensions in order. */
export function rowIndex(shape: readonly number[], strides: readonly number[], r = "r"): string {
  const merged = loops(shape, strides);
  let inner = merged.reduce((product, { extent }) => product * extent, 1);
  const terms = merged.map(({ extent, stride }, i) => {
    inner /= extent;
    if (stride === 0) return "";
    const above = inner === 1 ? r : `${r} / ${inner}`;
    const place = i === 0 ? above : `${inner === 1 ? r : `(${above})`} % ${extent}`;
    return stride === 1 ? place : `(${place}) * ${stride}`;
  });
  return terms.filter((term) => term !== "").join(" + ") || "0";
}

function argMaxCode(loop: Loop, op: RowOp, rows: number | undefined): KernelCode {
  const view = (op.args[0] as { view: View }).view;
  const row = rowIndex(view.shape.slice(0, -1), view.strides.slice(0, -1));
  const element = (c: string) => {
    const value = `p0[${row} + (${c}) * ${view.strides.at(-1)}]`;
    return view.buffer.dtype === "bfloat16" ? `bf16_to_f32(${value})` : value;
  };
  const body = [
    `for (long r = ${rows === undefined ? "from" : 0}; r < ${rows ?? "to"}; r++) {`,
    "int32_t best = 0;",
    `for (int32_t c = 1; c < ${loop.columns}; c++) if (${element("c")} > ${element("best")}) best = c;`,
    "p1[r] = best;",
    "}",
  ];
  return {
    body: body.join("\n"),
    pointers: [
      { view, written: false },
      { view: op.to, written: true },
    ],
  };
}

/** The parameters of a kernel's function. */
export const parametersOf = ({ pointers }: KernelCode): string[] =>
  pointers.map(
    ({ view, written }, i) =>
      `${written ? "" : "const "}${storedAs[view.buffer.dtype as NativeType]} *restrict p${i}`,
  );

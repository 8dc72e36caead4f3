/** Fused loops as C functions. */
import { literal, toC } from "../plan/expression";
import { type Buffer, computedAs, reshaped, type View } from "../plan/memory";
import type { Argument, MapOp, RowOp } from "../plan/ops";
import { fusedProducer, type Level, type Loop } from "../schedule/fuse";
import { LoopIndex } from "./loop-index";
import { LoopPasses } from "./loop-passes";
import { type KernelCode, Pointers } from "./pointers";
import { lastStride, piecesOf } from "./rows";
import { argMaxCode } from "./small";
import { needsTile, type Tile, tileCode, useTile } from "./tiles";

interface Reduction {
  /** The C text of the initial result. */
  readonly initial: string;
  /** The C text that adds an element to the result. */
  readonly combine: (result: string, x: string) => string;
  /** The reduction operator of OpenMP, which allows any order of the elements. */
  readonly operator: string;
}

/** All reductions but "argmax", which is written by `argMaxCode`. */
const reductions: Readonly<Record<string, Reduction>> = {
  sum: { initial: "0.0f", combine: (a, x) => `${a} += ${x};`, operator: "+" },
  max: { initial: "-INFINITY", combine: (a, x) => `${a} = ${a} > ${x} ? ${a} : ${x};`, operator: "max" },
  min: { initial: "INFINITY", combine: (a, x) => `${a} = ${a} < ${x} ? ${a} : ${x};`, operator: "min" },
  prod: { initial: "1.0f", combine: (a, x) => `${a} *= ${x};`, operator: "*" },
  any: { initial: "0", combine: (a, x) => `${a} |= ${x} != 0;`, operator: "|" },
  all: { initial: "1", combine: (a, x) => `${a} &= ${x} != 0;`, operator: "&" },
};

/**
 * Writes a loop over rows.
 *
 * @param rows number of rows; undefined if the function gets a range of them
 * @param stored the buffers that have to be in memory afterwards
 * @param chunks number of partial sums in each sum over the batch
 */
export function loopCode(
  loop: Loop,
  rows: number | undefined,
  stored: ReadonlySet<Buffer>,
  chunks: number,
): KernelCode {
  const only = loop.ops[0]!;
  if (only.kind === "row" && only.how === "argmax") return argMaxCode(loop, only, rows);
  return new LoopWriter(loop, rows, stored, chunks).write();
}

/** Elements that one call rounds. */
const strip = 512;

class LoopWriter {
  private readonly pointers = new Pointers();
  private readonly names: ReadonlyMap<MapOp | RowOp, string>;
  private readonly passes: LoopPasses;
  private readonly index: LoopIndex;
  private readonly tiles: Tile[] = [];

  constructor(
    private readonly loop: Loop,
    rows: number | undefined,
    private readonly stored: ReadonlySet<Buffer>,
    private readonly chunks: number,
  ) {
    this.names = new Map(loop.ops.map((op, i) => [op, `v${i}`]));
    this.passes = new LoopPasses(loop);
    this.index = new LoopIndex(loop, this.passes, rows);
  }

  write(): KernelCode {
    const { ops, columns } = this.loop;
    const { passes, index } = this;
    const lines: string[] = [];
    for (let pass = 0; pass <= passes.last + 1; pass++) {
      for (const op of ops) {
        if (op.kind === "map" && passes.level(op) === "row" && passes.passesBefore(op) === pass)
          lines.push(...this.rowMap(op));
      }
      if (pass <= passes.last) lines.push(...this.pass(pass));
    }
    const arrays = [
      ...ops.filter((op) => passes.isStashed(op)).map((op) => `${typeOf(op)} k${this.name(op)}[${columns}];`),
      ...this.rounded(ops).map((op) => `float n${this.name(op)}[${index.flat ? strip : columns}];`),
    ];
    const counters = index.counters();
    const { declarations, fill } = tileCode(this.tiles);
    const body = [...arrays, ...declarations, ...counters, ...fill, ...lines, ...counters.map(() => "}")];
    return { body: body.join("\n"), pointers: this.pointers.all };
  }

  private name(op: MapOp | RowOp): string {
    return this.names.get(op)!;
  }

  /** The operations with bfloat16 results that are contiguous in a row, so that one instruction rounds several. */
  private rounded(ops: readonly (MapOp | RowOp)[]): (MapOp | RowOp)[] {
    return ops.filter((op) => {
      const { buffer } = op.to;
      if (this.passes.resultLevel(op) !== "element" || buffer.dtype !== "bfloat16") return false;
      return (
        this.stored.has(buffer) && (this.index.flat || (this.loop.columns > 1 && lastStride(op.to) === 1))
      );
    });
  }

  private rowMap(op: MapOp): string[] {
    const args = op.args.map((arg) => this.read(op, arg, 0));
    return [`const ${typeOf(op)} ${this.name(op)} = ${toC(op.expression, args)};`, ...this.store(op, "row")];
  }

  /** One pass over a row, followed by its reductions. */
  private pass(pass: number): string[] {
    const { passes } = this;
    const ops = this.loop.ops.filter((op) => passes.level(op) === "element" && passes.passOf(op) === pass);
    if (ops.length === 0) return [];
    const sums = ops.filter((op) => passes.summand(op) !== undefined);
    const within = ops.filter((op) => !sums.includes(op));
    const reduced = within.filter((op) => op.kind === "row");
    const inner = within.flatMap((op) => this.elementCode(op, pass));
    const clauses = reduced.map((op) => ` reduction(${reductions[op.how]!.operator}:${this.name(op)})`);
    const row = this.overRow(inner, `#pragma omp simd${clauses.join("")}`, this.rounded(ops));
    return [
      ...reduced.map((op) => `${typeOf(op)} ${this.name(op)} = ${reductions[op.how]!.initial};`),
      ...row,
      ...sums.map((op) => {
        const summand = this.name(passes.summand(op)!);
        return `const float ${this.name(op)} = sum_f32(k${summand}, ${this.loop.columns});`;
      }),
      ...[...reduced, ...sums].flatMap((op) => this.store(op, "row")),
    ];
  }

  private elementCode(op: MapOp | RowOp, pass: number): string[] {
    const args = op.args.map((arg) => this.read(op, arg, pass));
    const name = this.name(op);
    if (op.kind === "row") return [reductions[op.how]!.combine(name, args[0]!)];
    return [
      `const ${typeOf(op)} ${name} = ${toC(op.expression, args)};`,
      ...(this.passes.isStashed(op) ? [`k${name}[c] = ${name};`] : []),
      ...this.store(op, "element"),
    ];
  }

  /** The loop over the columns of a row or, if flat, over all elements: in strips if results are rounded afterwards. */
  private overRow(inner: readonly string[], pragma: string, rounded: readonly (MapOp | RowOp)[]): string[] {
    const { flat } = this.index;
    const strips = flat && rounded.length > 0;
    const [first, end] = this.index.range();
    const whole = strips ? { first: "strip", end: "end", simd: true } : { first, end, simd: true };
    const pieces = flat ? [whole] : piecesOf(this.loop.columns);
    const lines = [
      ...pieces.flatMap(({ first, end, simd }) => [
        ...(simd ? [pragma] : []),
        `for (long c = ${first}; c < ${end}; c++) {`,
        ...inner,
        "}",
      ]),
      ...rounded.map((op) => {
        const start = flat ? "strip" : this.index.rowStart(op.to, "element");
        const count = flat ? "end - strip" : String(this.loop.columns);
        return `round_to_bf16(${this.pointers.to(op.to, true)} + ${start}, n${this.name(op)}, ${count});`;
      }),
    ];
    if (!strips) return lines;
    return [
      `for (long strip = ${first}; strip < ${end}; strip += ${strip}) {`,
      `const long end = strip + ${strip} < ${end} ? strip + ${strip} : ${end};`,
      ...lines,
      "}",
    ];
  }

  /** The C text of an argument. */
  private read(op: MapOp | RowOp, arg: Argument, pass: number): string {
    if (arg.kind === "literal") return literal(arg.value, arg.dtype);
    if (arg.kind === "column") return "(int32_t)c";
    const { passes } = this;
    const level = passes.level(op);
    const producer = fusedProducer(this.loop, level, arg);
    if (producer !== undefined) {
      const isEarlier = passes.resultLevel(producer) === "element" && passes.passesBefore(producer) < pass;
      return isEarlier ? `k${this.name(producer)}[c]` : this.name(producer);
    }
    const value = this.readTile(arg.view, level) ?? this.readMemory(arg.view, level);
    return arg.view.buffer.dtype === "bfloat16" ? `bf16_to_f32(${value})` : value;
  }

  private readMemory(view: View, level: Level): string {
    const [pointer, index] = [this.pointers.to(view, false), this.index.element(view, level)];
    const { space, size } = view.buffer;
    if (space.kind !== "partial") return `${pointer}[${index}]`;
    const terms = Array.from(
      { length: this.chunks },
      (_, chunk) => `${pointer}[${index} + ${chunk * size}L]`,
    );
    return `(${terms.join(" + ")})`;
  }

  /** An element of a view whose columns are contiguous, read from a tile; undefined for other views. */
  private readTile(view: View, level: Level): string | undefined {
    const { index } = this;
    if (index.extents === undefined || level === "row") return undefined;
    const inner = index.extents.length - 1;
    const { strides } = reshaped(index.outside(view, level), index.extents)!;
    const { columns } = this.loop;
    const rows = index.iterations(inner);
    const shape = { row: strides[inner]!, column: lastStride(view), rows, columns };
    if (!needsTile(shape, view.buffer.dtype)) return undefined;
    const from = `${this.pointers.to(view, false)} + ${index.rowStart(view, level)}`;
    return useTile(this.tiles, { ...shape, from, counter: `r${inner}`, type: computedAs[view.buffer.dtype] });
  }

  private store(op: MapOp | RowOp, level: Level): string[] {
    if (!this.stored.has(op.to.buffer)) return [];
    const { dtype, roundsToBf16 } = op.to.buffer;
    const name = this.name(op);
    if (this.rounded([op]).length > 0) return [`n${name}[${this.index.flat ? "c - strip" : "c"}] = ${name};`];
    const value =
      dtype === "bfloat16" ? `f32_to_bf16(${name})` : roundsToBf16 ? `round_as_bf16(${name})` : name;
    return [`${this.pointers.to(op.to, true)}[${this.index.element(op.to, level)}] = ${value};`];
  }
}

/** The C type in which an operation computes. */
const typeOf = (op: MapOp | RowOp): string => computedAs[op.to.buffer.dtype];

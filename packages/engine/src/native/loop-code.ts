/** A fused loop as a C function. */
import { literal, toC } from "./expression";
import { isFlat, type Level, type Loop, levelIn, passedOn } from "./fuse";
import { type KernelCode, Pointers } from "./kernel-code";
import { type Buffer, computedAs, type Layout, loops, reshaped, type View } from "./memory";
import type { Argument, MapOp, RowOp } from "./ops";
import { commonExtents, lastStride, outsideColumns, piecesOf, rowIndex, sumOf, times } from "./rows";
import { argMaxCode } from "./small-code";
import { liesAcross, type Tile, tileCode, useTile } from "./tiles";

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
 * @param shares how many sums over parts of the batch make a sum over all of it
 */
export function loopCode(
  loop: Loop,
  rows: number | undefined,
  needed: ReadonlySet<Buffer>,
  shares: number,
): KernelCode {
  const only = loop.ops[0]!;
  if (only.kind === "row" && only.how === "argmax") return argMaxCode(loop, only, rows);
  return new LoopWriter(loop, rows, needed, shares).write();
}

/** Elements that are rounded together. */
const strip = 512;
/** Columns of a row that is kept to be added up: a quarter of a core's first cache. */
const mostKept = 2048;

class LoopWriter {
  private readonly pointers = new Pointers();
  private readonly flat: boolean;
  /** In how many walks over a row an element is computed, or after which a result of the row is there. */
  private readonly walk = new Map<MapOp | RowOp, number>();
  private readonly names = new Map<MapOp | RowOp, string>();
  /** Of loops that count rows; undefined where one does, from which places are divided out. */
  private readonly extents: readonly number[] | undefined;
  private readonly tiles: Tile[] = [];

  constructor(
    private readonly loop: Loop,
    private readonly rows: number | undefined,
    private readonly needed: ReadonlySet<Buffer>,
    private readonly shares: number,
  ) {
    this.flat = isFlat(loop);
    loop.ops.forEach((op, i) => {
      this.names.set(op, `v${i}`);
      this.walk.set(op, this.firstWalk(op));
    });
    this.extents = rows === undefined || this.flat ? undefined : this.commonExtents(rows);
  }

  private commonExtents(rows: number): readonly number[] | undefined {
    const { loop } = this;
    const layouts = loop.ops.flatMap((op) => [
      this.outside(op.to, this.made(op)),
      ...op.args.flatMap((arg) => (arg.kind === "view" ? [this.outside(arg.view, this.level(op))] : [])),
    ]);
    const extents = commonExtents(layouts, loop.rows);
    // Blocks are cut from the outermost.
    return Number.isInteger(((extents?.[0] ?? 1) * rows) / loop.rows) ? extents : undefined;
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
    const counters = this.flat ? [] : this.counters();
    const { declarations, fill } = tileCode(this.tiles);
    const body = [...arrays, ...declarations, ...counters, ...fill, ...lines, ...counters.map(() => "}")];
    return { body: body.join("\n"), pointers: this.pointers.all };
  }

  /** The loops that count rows: where it can be, as many as make the place of each row a sum of products. */
  private counters(): string[] {
    if (this.rows === undefined) return ["for (long r = from; r < to; r++) {"];
    if (this.extents === undefined) return [`for (long r = 0; r < ${this.rows}; r++) {`];
    return this.extents.map((_, i) => `for (long r${i} = 0; r${i} < ${this.turns(i)}; r${i}++) {`);
  }

  /** How often a loop that counts rows turns: blocks are cut from the outermost. */
  private turns(i: number): number {
    const extent = this.extents![i]!;
    return i === 0 ? (extent * this.rows!) / this.loop.rows : extent;
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

  /** Whether a later walk over the row reads an element again, or a sum over the row reads all. */
  private isKept(op: MapOp | RowOp): boolean {
    if (this.made(op) !== "element") return false;
    return this.loop.ops.some(
      (reader) =>
        this.addends(reader) === op ||
        (this.level(reader) === "element" &&
          this.walkOf(reader) > this.walk.get(op)! &&
          reader.args.some((arg) => passedOn(this.loop, "element", arg) === op)),
    );
  }

  /** What makes a row that is added up behind the walk that computes it, which takes fewer steps than within; else undefined. */
  private addends(op: MapOp | RowOp): MapOp | RowOp | undefined {
    if (op.kind !== "row" || op.how !== "sum" || this.loop.columns > mostKept) return undefined;
    const maker = passedOn(this.loop, "element", op.args[0]!);
    if (maker === undefined || this.made(maker) !== "element") return undefined;
    return computedAs[maker.to.buffer.dtype] === "float" ? maker : undefined;
  }

  /** The walk in which an operation reads elements. */
  private walkOf = (op: MapOp | RowOp): number => this.walk.get(op)! - (op.kind === "row" ? 1 : 0);

  private rowMap(op: MapOp): string[] {
    const name = this.names.get(op)!;
    const type = computedAs[op.to.buffer.dtype];
    const args = op.args.map((arg) => this.read(op, arg, 0));
    return [`const ${type} ${name} = ${toC(op.expression, args)};`, ...this.store(op, "row")];
  }

  private oneWalk(walk: number): string[] {
    const ops = this.loop.ops.filter((op) => this.level(op) === "element" && this.walkOf(op) === walk);
    if (ops.length === 0) return [];
    const sums = ops.filter((op) => this.addends(op) !== undefined);
    const within = ops.filter((op) => !sums.includes(op));
    const reductions = within.filter((op) => op.kind === "row");
    const inner: string[] = [];
    for (const op of within) {
      const name = this.names.get(op)!;
      const args = op.args.map((arg) => this.read(op, arg, walk));
      if (op.kind === "row") inner.push(combine[op.how]!(name, args[0]!));
      else {
        inner.push(`const ${computedAs[op.to.buffer.dtype]} ${name} = ${toC(op.expression, args)};`);
        if (this.isKept(op)) inner.push(`k${name}[c] = ${name};`);
        inner.push(...this.store(op, "element"));
      }
    }
    const clauses = reductions
      .filter(({ how }) => how in ompOperator)
      .map((op) => ` reduction(${ompOperator[op.how]}:${this.names.get(op)})`);
    const pragma = reductions.every(({ how }) => how in ompOperator)
      ? [`#pragma omp simd${clauses.join("")}`]
      : [];
    const rounded = this.rounded(ops);
    const strips = this.flat && rounded.length > 0;
    const [first, end] = this.all();
    const whole = strips ? { first: "strip", end: "end", simd: true } : { first, end, simd: true };
    const pieces = this.flat ? [whole] : piecesOf(this.loop.columns);
    const walkRow = [
      ...pieces.flatMap(({ first, end, simd }) => [
        ...(simd ? pragma : []),
        `for (long c = ${first}; c < ${end}; c++) {`,
        ...inner,
        "}",
      ]),
      ...rounded.map((op) => {
        const start = this.flat ? "strip" : this.rowStart(op.to, "element");
        const count = this.flat ? "end - strip" : String(this.loop.columns);
        return `round_to_bf16(${this.pointers.to(op.to, true)} + ${start}, n${this.names.get(op)}, ${count});`;
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
      ...sums.map((op) => {
        const addends = this.names.get(this.addends(op)!);
        return `const float ${this.names.get(op)} = sum_f32(k${addends}, ${this.loop.columns});`;
      }),
      ...[...reductions, ...sums].flatMap((op) => this.store(op, "row")),
    ];
  }

  /** Where rows do not matter: the first element and the one behind the last. */
  private all(): [string, string] {
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
    const value = this.readTile(arg.view, level) ?? this.readMemory(arg.view, level);
    return arg.view.buffer.dtype === "bfloat16" ? `bf16_to_f32(${value})` : value;
  }

  private readMemory(view: View, level: Level): string {
    const [pointer, index] = [this.pointers.to(view, false), this.index(view, level)];
    const { home, size } = view.buffer;
    if (home.kind !== "partial") return `${pointer}[${index}]`;
    const terms = Array.from(
      { length: this.shares },
      (_, share) => `${pointer}[${index} + ${share * size}L]`,
    );
    return `(${terms.join(" + ")})`;
  }

  /** An element of a view whose rows lie side by side: of its copy, some rows at a time, with rows that lie one behind the other. */
  private readTile(view: View, level: Level): string | undefined {
    if (this.flat || this.extents === undefined || level === "row") return undefined;
    const inner = this.extents.length - 1;
    const { strides } = reshaped(this.outside(view, level), this.extents)!;
    const { columns } = this.loop;
    const rows = this.turns(inner);
    const shape = { row: strides[inner]!, column: lastStride(view), rows, columns };
    if (!liesAcross(shape, view.buffer.dtype)) return undefined;
    const from = `${this.pointers.to(view, false)} + ${this.rowStart(view, level)}`;
    return useTile(this.tiles, { ...shape, from, counter: `r${inner}`, type: computedAs[view.buffer.dtype] });
  }

  private store(op: MapOp | RowOp, level: Level): string[] {
    if (!this.needed.has(op.to.buffer)) return [];
    const { dtype, short } = op.to.buffer;
    const name = this.names.get(op)!;
    if (this.rounded([op]).length > 0) return [`n${name}[${this.flat ? "c - strip" : "c"}] = ${name};`];
    const value = dtype === "bfloat16" ? `f32_to_bf16(${name})` : short ? `short_f32(${name})` : name;
    return [`${this.pointers.to(op.to, true)}[${this.index(op.to, level)}] = ${value};`];
  }

  /** What a view has outside of the columns. */
  private outside(view: View, level: Level): Layout {
    return level === "row" || this.loop.columns === 1 ? view : outsideColumns(view);
  }

  /** Where the row begins that is being done. */
  private rowStart(view: View, level: Level): string {
    const layout = this.outside(view, level);
    if (this.extents === undefined) return rowIndex(layout.shape, layout.strides);
    const { strides } = reshaped(layout, this.extents)!;
    return sumOf(strides.map((stride, i) => times(`r${i}`, stride)));
  }

  /** Where an element is, from row `r` and column `c`. */
  private index(view: View, level: Level): string {
    const { columns } = this.loop;
    // Strides of axes of size 1 say nothing.
    if (this.flat) return loops(view.shape, view.strides).every(({ stride }) => stride === 0) ? "0" : "c";
    const row = this.rowStart(view, level);
    if (level === "row" || columns === 1) return row;
    return sumOf([row === "0" ? "" : row, times("c", lastStride(view))]);
  }
}

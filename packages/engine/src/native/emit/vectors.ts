/**
 * Loops in which rows do not matter and results are rounded to bfloat16, written vector by vector: the compiler makes vectors of
 * a loop over floats by itself, but then what is to be rounded goes through memory.
 */
import { sizeOf } from "../../graph/graph";
import { isVectorizable, literal, toC } from "../plan/expression";
import { type Buffer, isContiguous, type View } from "../plan/memory";
import type { Argument, MapOp, RowOp } from "../plan/ops";
import { isFlat, type Loop, passedOn } from "../schedule/fuse";
import { type KernelCode, Pointers } from "./pointers";

/** Numbers in a vector of `native/vectors.h`. */
const lanes = 16;

/**
 * Writes a loop for vectors; undefined where it is not one for them.
 *
 * @param rows how many, or undefined where the function is told a range of elements
 * @param needed what has to be in memory afterwards
 */
export function vectorCode(
  loop: Loop,
  rows: number | undefined,
  needed: ReadonlySet<Buffer>,
): KernelCode | undefined {
  const { ops } = loop;
  const size = (rows ?? loop.rows) * loop.columns;
  const rounds = ops.some(({ to: { buffer } }) => needed.has(buffer) && buffer.dtype === "bfloat16");
  if (!rounds || !isFlat(loop) || size % lanes !== 0 || !ops.every(isVectorOp)) return undefined;

  const pointers = new Pointers();
  const name = (op: MapOp | RowOp) => `v${loop.ops.indexOf(op)}`;
  const place = (view: View, written: boolean) => `${pointers.to(view, written)} + c`;
  const read = (arg: VectorArgument): string => {
    if (arg.kind === "literal") return literal(arg.value, arg.dtype);
    const maker = passedOn(loop, "element", arg);
    if (maker !== undefined) return name(maker);
    const { view } = arg;
    return `${view.buffer.dtype === "bfloat16" ? "load_bf16" : "load_f32"}(${place(view, false)})`;
  };
  const lines = ops.flatMap((op) => {
    const value = `const floats_16 ${name(op)} = ${toC(op.expression, op.args.map(read))};`;
    if (!needed.has(op.to.buffer)) return [value];
    const store = op.to.buffer.dtype === "bfloat16" ? "store_bf16" : "store_f32";
    return [value, `${store}(${place(op.to, true)}, ${name(op)});`];
  });
  const [first, end] = rows === undefined ? ["from", "to"] : ["0", String(size)];
  const body = [`for (long c = ${first}; c < ${end}; c += ${lanes}) {`, ...lines, "}"].join("\n");
  return { body, pointers: pointers.all };
}

type VectorArgument = Exclude<Argument, { readonly kind: "column" }>;

/** An operation that makes a vector of vectors and numbers. */
interface VectorOp extends MapOp {
  readonly args: readonly VectorArgument[];
}

function isVectorOp(op: MapOp | RowOp): op is VectorOp {
  if (op.kind !== "map" || !isVectorizable(op.expression)) return false;
  const views = op.args.filter(({ kind }) => kind === "view");
  return (
    views.length > 0 &&
    op.args.every((arg) => (arg.kind === "view" ? isVector(arg.view) : arg.kind === "literal"))
  );
}

/** The sums of several shares are read by loops over numbers. */
const isVector = (view: View): boolean =>
  isContiguous(view) &&
  sizeOf(view.shape) > 1 &&
  (view.buffer.dtype === "float32" || view.buffer.dtype === "bfloat16") &&
  view.buffer.home.kind !== "partial";

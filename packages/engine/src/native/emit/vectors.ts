/**
 * Flat loops that round results to bfloat16, written with explicit vectors. The compiler vectorizes loops over floats by itself, but
 * its code for the rounding goes through memory.
 */
import { sizeOf } from "../../graph/graph";
import { isVectorizable, literal, toC } from "../plan/expression";
import { type Buffer, isContiguous, type View } from "../plan/memory";
import type { Argument, MapOp, RowOp } from "../plan/ops";
import { fusedProducer, isFlat, type Loop } from "../schedule/fuse";
import { type KernelCode, Pointers } from "./pointers";

/** Elements in a vector of `native/vectors.h`. */
export const lanes = 16;

/**
 * Writes a loop with explicit vectors; undefined for loops that these do not suit.
 *
 * @param rows number of rows; undefined if the function gets a range of elements
 * @param stored the buffers that have to be in memory afterwards
 */
export function vectorCode(
  loop: Loop,
  rows: number | undefined,
  stored: ReadonlySet<Buffer>,
): KernelCode | undefined {
  const size = (rows ?? loop.rows) * loop.columns;
  if (!suitsVectors(loop, stored) || size % lanes !== 0) return undefined;
  const pointers = new Pointers();
  const [first, end] = rows === undefined ? ["from", "to"] : ["0", String(size)];
  const lines = vectorLines(loop, stored, pointers);
  const body = [`for (long c = ${first}; c < ${end}; c += ${lanes}) {`, ...lines, "}"].join("\n");
  return { body, pointers: pointers.all };
}

/** True if a loop rounds results and is one over all elements, all of whose operations vectors can do. */
export function suitsVectors(loop: Loop, stored: ReadonlySet<Buffer>): boolean {
  const rounds = loop.ops.some(({ to: { buffer } }) => stored.has(buffer) && buffer.dtype === "bfloat16");
  return rounds && isFlat(loop) && loop.ops.every(isVectorOp);
}

/**
 * What a loop that suits vectors does with the elements from `c` on.
 *
 * @param sums the C text of vectors that are read instead of buffers
 */
export function vectorLines(
  loop: Loop,
  stored: ReadonlySet<Buffer>,
  pointers: Pointers,
  sums: ReadonlyMap<Buffer, string> = new Map(),
): string[] {
  const name = (op: MapOp | RowOp) => `v${loop.ops.indexOf(op)}`;
  const pointer = (view: View, written: boolean) => `${pointers.to(view, written)} + c`;
  const read = (arg: VectorArgument): string => {
    if (arg.kind === "literal") return literal(arg.value, arg.dtype);
    const producer = fusedProducer(loop, "element", arg);
    if (producer !== undefined) return name(producer);
    const { view } = arg;
    const sum = sums.get(view.buffer);
    return sum ?? `${view.buffer.dtype === "bfloat16" ? "load_bf16" : "load_f32"}(${pointer(view, false)})`;
  };
  return loop.ops.filter(isVectorOp).flatMap((op) => {
    const value = `const floats_16 ${name(op)} = ${toC(op.expression, op.args.map(read))};`;
    if (!stored.has(op.to.buffer)) return [value];
    const store = op.to.buffer.dtype === "bfloat16" ? "store_bf16" : "store_f32";
    return [value, `${store}(${pointer(op.to, true)}, ${name(op)});`];
  });
}

type VectorArgument = Exclude<Argument, { readonly kind: "column" }>;

/** An operation on vectors and numbers whose result is a vector. */
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

/** True if a view can be read vector by vector. Partial sums cannot: each element is the sum over all chunks. */
const isVector = (view: View): boolean =>
  isContiguous(view) &&
  sizeOf(view.shape) > 1 &&
  (view.buffer.dtype === "float32" || view.buffer.dtype === "bfloat16") &&
  view.buffer.space.kind !== "partial";

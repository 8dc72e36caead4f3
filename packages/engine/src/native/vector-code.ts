/**
 * Loops in which rows do not matter and results are rounded to bfloat16, written vector by vector: the compiler makes vectors of
 * a loop over floats by itself, but then what is to be rounded goes through memory.
 */
import { sizeOf } from "../graph/graph";
import { literal, suitsVectors } from "./expressions";
import { isFlat, type Loop, passedOn } from "./fuse";
import { type KernelCode, Pointers } from "./kernel-code";
import { type Buffer, isContiguous, type View } from "./memory";
import type { Argument, MapOp } from "./ops";

/** Numbers in a vector of `lib/native/vectors.h`. */
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
  const ops = loop.ops as readonly MapOp[];
  const size = (rows ?? loop.rows) * loop.columns;
  const rounds = ops.some(({ to: { buffer } }) => needed.has(buffer) && buffer.dtype === "bfloat16");
  if (!rounds || !isFlat(loop) || size % lanes !== 0 || !ops.every(isForVectors)) return undefined;

  const pointers = new Pointers();
  const name = (op: MapOp) => `v${ops.indexOf(op)}`;
  const place = (view: View, written: boolean) => `${pointers.to(view, written)} + c`;
  const read = (arg: Argument): string => {
    if (arg.kind === "literal") return literal(arg.value, arg.dtype);
    const maker = passedOn(loop, "element", arg);
    if (maker !== undefined) return name(maker as MapOp);
    const { view } = arg as { view: View };
    return `${view.buffer.dtype === "bfloat16" ? "load_bf16" : "load_f32"}(${place(view, false)})`;
  };
  const lines = ops.flatMap((op) => {
    const value = `const floats_16 ${name(op)} = ${op.expression(op.args.map(read))};`;
    if (!needed.has(op.to.buffer)) return [value];
    const store = op.to.buffer.dtype === "bfloat16" ? "store_bf16" : "store_f32";
    return [value, `${store}(${place(op.to, true)}, ${name(op)});`];
  });
  const [first, end] = rows === undefined ? ["from", "to"] : ["0", String(size)];
  const body = [`for (long c = ${first}; c < ${end}; c += ${lanes}) {`, ...lines, "}"].join("\n");
  return { body, pointers: pointers.all };
}

/** Whether an operation makes a vector of vectors and numbers. */
function isForVectors({ expression, args }: MapOp): boolean {
  const views = args.flatMap((arg) => (arg.kind === "view" ? [arg.view] : []));
  const literals = args.filter(({ kind }) => kind === "literal");
  return (
    views.length > 0 &&
    views.length + literals.length === args.length &&
    views.every(isVector) &&
    suitsVectors(expression, args.length)
  );
}

/** The sums of several shares are read by loops over numbers. */
const isVector = (view: View): boolean =>
  isContiguous(view) &&
  sizeOf(view.shape) > 1 &&
  (view.buffer.dtype === "float32" || view.buffer.dtype === "bfloat16") &&
  view.buffer.home.kind !== "partial";

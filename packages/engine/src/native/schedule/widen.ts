/** Merges short rows into longer ones where rows do not matter, so that vectors are full. */
import { sizeOf } from "../../graph/graph";
import { reshaped, type View } from "../plan/memory";
import type { Argument, MapOp, RowOp } from "../plan/ops";
import { type Loop, levelIn } from "./fuse";

/**
 * The same loop with the longest rows along which every view is contiguous or repeats one element.
 *
 * @param batch number of examples; a row does not cross the boundary between two of them
 */
export function widen(loop: Loop, batch: number): Loop {
  const first = loop.ops[0]!;
  const size = sizeOf(first.shape);
  const example = loop.sliced ? size / batch : size;
  for (let axis = 0; axis < first.shape.length - 1; axis++) {
    const columns = sizeOf(first.shape.slice(axis));
    if (columns <= loop.columns || example % columns !== 0) continue;
    const ops = loop.ops.map((op) => widened(loop, op, columns));
    if (ops.every((op) => op !== undefined)) return { ...loop, rows: size / columns, columns, ops };
  }
  return loop;
}

function widened(loop: Loop, op: MapOp | RowOp, columns: number): MapOp | undefined {
  if (op.kind === "row" || levelIn(loop, op) !== "element") return undefined;
  const axis = op.shape.findIndex((_, i) => sizeOf(op.shape.slice(i)) === columns);
  if (axis < 0) return undefined;
  const shape = [...op.shape.slice(0, axis), columns];
  const inRow = (view: View) => {
    const wide = reshaped(view, shape);
    const stride = wide?.strides.at(-1);
    return stride === 0 || stride === 1 ? wide : undefined;
  };
  const to = inRow(op.to);
  const args = op.args.map((arg): Argument | undefined => {
    if (arg.kind !== "view") return arg.kind === "literal" ? arg : undefined;
    const view = inRow(arg.view);
    return view && { kind: "view", view };
  });
  return to !== undefined && args.every((arg) => arg !== undefined) ? { ...op, shape, args, to } : undefined;
}

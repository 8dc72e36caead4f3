/** Matrix products: block by block, or summed over the batch. */
import { type Shape, sizeOf } from "../../graph/graph";
import { boolAttribute } from "../../graph/shapes/rule";
import { NotNative } from "../not-native";
import { broadcastView, reshaped, transposed, type View } from "./memory";
import { isPerExample, type Planner, type Source } from "./planner";
import type { PlannedNode } from "./rule";

/** `a · b` for matrices, or for batches of them. */
export function product(planner: Planner, node: PlannedNode): Source {
  const call = { ...node, numOutputs: 1 };
  const adjoint = (name: string, older: string) => boolAttribute(call, name) || boolAttribute(call, older);
  const [sourceA, sourceB] = [node.sources[0]!, node.sources[1]!];
  const dtype = node.outputs[0]!.dtype;
  if (dtype !== "float32" && dtype !== "bfloat16") throw new NotNative(`it multiplies matrices of ${dtype}`);
  // Constants of bfloat16 are stored as float32.
  const typed = (source: Source): View => planner.copied(planner.viewOf(source), dtype, false);
  const a = operand(typed(sourceA), adjoint("adj_x", "transpose_a"));
  const b = operand(typed(sourceB), adjoint("adj_y", "transpose_b"));
  const shape = node.outputs[0]!.shape;
  const perExample = isPerExample(sourceA) || isPerExample(sourceB);

  const matrices = asMatrices(a, b, shape);
  if (perExample && matrices !== undefined) {
    const { a, b } = matrices;
    // The sum runs over the examples, as in a gradient of weights.
    if (isSliced(planner, sourceA, a, 1) && isSliced(planner, sourceB, b, 0)) {
      const stage = planner.stage(true, [a, b], []);
      const to = {};
      planner.product({ ...stage, a, b, to, accumulate: true });
      const term = { to, within: (whole: View) => reshaped(whole, [a.shape[0]!, b.shape[1]!])! };
      return { kind: "sums", dtype, shape, phase: stage.phase, terms: [term] };
    }
    if (isSliced(planner, sourceA, a, 0)) {
      const stage = planner.stage(true, [a], [b]);
      const whole = planner.memory(dtype, shape, stage);
      planner.product({
        ...stage,
        a,
        b,
        to: { view: reshaped(whole, [a.shape[0]!, b.shape[1]!]) },
        accumulate: false,
      });
      return { kind: "view", view: whole, perExample };
    }
  }
  const stretched = (view: View) => broadcastView(view, [...shape.slice(0, -2), ...view.shape.slice(-2)]);
  const operands = { a: stretched(a), b: stretched(b) };
  const views = Object.values(operands);
  const stage =
    shape.length > 2 ? planner.stageOf(perExample, shape, views) : planner.stage(false, [], views);
  const whole = planner.memory(dtype, shape, stage);
  planner.product({ ...stage, ...operands, to: { view: whole }, accumulate: false });
  return { kind: "view", view: whole, perExample };
}

/** An operand as a matrix, with its last dimensions swapped if the node asks for it. */
function operand(view: View, swap: boolean): View {
  if (!swap) return view;
  const rank = view.shape.length;
  return transposed(
    view,
    [...view.shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis)),
  );
}

/** Both operands as single matrices, if there is one b for all of a. */
function asMatrices(a: View, b: View, shape: Shape): { a: View; b: View } | undefined {
  if (sizeOf(b.shape.slice(0, -2)) !== 1) return undefined;
  const [rowsOfA, k] = [sizeOf(a.shape) / a.shape.at(-1)!, a.shape.at(-1)!];
  if (rowsOfA !== sizeOf(shape) / b.shape.at(-1)!) return undefined;
  const rows = reshaped(a, [rowsOfA, k]);
  const matrix = reshaped(b, b.shape.slice(-2));
  return rows === undefined || matrix === undefined ? undefined : { a: rows, b: matrix };
}

/** True if a dimension of a matrix consists of the examples, in order. */
function isSliced(planner: Planner, source: Source, view: View, axis: 0 | 1): boolean {
  if (!isPerExample(source)) return false;
  return view.strides[axis] !== 0 && planner.isSliceable(axis === 0 ? view : transposed(view, [1, 0]));
}

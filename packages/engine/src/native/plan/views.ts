/** Operations whose results are views of their inputs. */
import { permutationOf } from "../../graph/shapes/geometry";
import { slicesOf } from "../../graph/shapes/slices";
import { NotNative } from "../not-native";
import { broadcastView, reshaped, sliceView, transposed, type View } from "./memory";
import { isPerExample } from "./planner";
import { asCall, type NativeRule, type NativeRules, outputShape, type PlannedNode } from "./rule";

/** A rule that gives a view of the first input, copied first if the view is not possible otherwise. */
export const viewRule =
  (viewed: (view: View, node: PlannedNode) => View | undefined): NativeRule =>
  (planner, node) => {
    const source = node.sources[0]!;
    if (source.kind === "literal") return { ...source, shape: outputShape(node) };
    const view = planner.viewOf(source);
    const result = viewed(view, node) ?? viewed(planner.copied(view), node);
    if (result === undefined) throw new NotNative(`its ${node.op} cannot be a view`);
    return { kind: "view", view: result, perExample: isPerExample(source) };
  };

const reshape: NativeRule = (planner, node) => {
  const source = node.sources[0]!;
  if (source.kind !== "sums") return viewRule((view) => reshaped(view, outputShape(node)))(planner, node);
  const terms = source.terms.map(({ to, within }) => ({
    to,
    within: (whole: View) => within(reshaped(whole, source.shape)!),
  }));
  return { ...source, shape: outputShape(node), terms };
};

const tile: NativeRule = (planner, node) => {
  const shape = outputShape(node);
  const stretches = node.inputs[0]!.shape.every((extent, axis) => extent === 1 || extent === shape[axis]);
  if (!stretches) throw new NotNative("its Tile repeats a dimension longer than 1");
  return viewRule((view) => broadcastView(view, shape))(planner, node);
};

const transpose: NativeRule = viewRule((view, node) => transposed(view, permutationOf(asCall(node))));

/** Slices are views. A slice that runs backwards is copied, as loops count upwards only. */
const sliced: NativeRule = (planner, node) => {
  const source = node.sources[0]!;
  const slices = slicesOf(asCall(node));
  if (source.kind === "literal") return slices.map(({ shape }) => ({ ...source, shape }));
  const whole = planner.viewOf(source);
  return slices.map(({ starts, steps, sizes, shape }) => {
    const part = sliceView(whole, starts, sizes, steps);
    const forwards = steps.some((step) => step < 0) ? planner.copied(part) : part;
    return { kind: "view", view: reshaped(forwards, shape)!, perExample: isPerExample(source) };
  });
};

export const views: NativeRules = {
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: transpose,
  Tile: tile,
  BroadcastTo: tile,
  Slice: sliced,
  StridedSlice: sliced,
  SplitV: sliced,
  Unpack: sliced,
  ReverseV2: sliced,
};

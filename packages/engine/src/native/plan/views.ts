/** Operations that only look at the same memory in another way. */
import { permutationOf } from "../../graph/shapes/geometry";
import { slicesOf } from "../../graph/shapes/slices";
import { NotNative } from "../not-native";
import { broadcastView, reshaped, sliceView, transposed, type View } from "./memory";
import { isData } from "./planner";
import { asCall, type Known, type Lowering, type Lowerings, outputShape } from "./rule";

/** A lowering that gives another view of its first input. */
export const seen =
  (look: (view: View, node: Known) => View | undefined): Lowering =>
  (planner, node) => {
    const source = node.sources[0]!;
    if (source.kind === "literal") return { ...source, shape: outputShape(node) };
    const view = planner.viewOf(source);
    const looked = look(view, node) ?? look(planner.copied(view), node);
    if (looked === undefined) throw new NotNative(`it uses ${node.op} in a way that needs a copy`);
    return { kind: "view", view: looked, data: isData(source) };
  };

const reshape: Lowering = (planner, node) => {
  const source = node.sources[0]!;
  if (source.kind !== "sums") return seen((view) => reshaped(view, outputShape(node)))(planner, node);
  const parts = source.parts.map(({ to, place }) => ({
    to,
    place: (whole: View) => place(reshaped(whole, source.shape)!),
  }));
  return { ...source, shape: outputShape(node), parts };
};

const tile: Lowering = (planner, node) => {
  const shape = outputShape(node);
  const stretches = node.inputs[0]!.shape.every((extent, axis) => extent === 1 || extent === shape[axis]);
  if (!stretches) throw new NotNative("it repeats more than single elements");
  return seen((view) => broadcastView(view, shape))(planner, node);
};

const transpose: Lowering = seen((view, node) => transposed(view, permutationOf(asCall(node))));

/** Slices are views; one that runs backwards is copied, as loops only count upwards. */
const sliced: Lowering = (planner, node) => {
  const source = node.sources[0]!;
  const slices = slicesOf(asCall(node));
  if (source.kind === "literal") return slices.map(({ shape }) => ({ ...source, shape }));
  const whole = planner.viewOf(source);
  return slices.map(({ starts, steps, sizes, shape }) => {
    const part = sliceView(whole, starts, sizes, steps);
    const forwards = steps.some((step) => step < 0) ? planner.copied(part) : part;
    return { kind: "view", view: reshaped(forwards, shape)!, data: isData(source) };
  });
};

export const looks: Lowerings = {
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

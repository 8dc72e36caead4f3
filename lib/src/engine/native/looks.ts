/** Operations that only look at the same memory in another way. */
import { constantInts, intAttribute, normalAxis } from "../graph/shapes/rule";
import { broadcastView, reshaped, sliceView, transposed, type View } from "./memory";
import { isData, NotNative } from "./planner";
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

const transpose: Lowering = seen((view, node) => transposed(view, constantInts(asCall(node), 1)));

const slice: Lowering = seen((view, node) =>
  sliceView(view, constantInts(asCall(node), 1), outputShape(node)),
);

const stridedSlice: Lowering = seen((view, node) => {
  const call = asCall(node);
  for (const mask of ["new_axis_mask", "ellipsis_mask"]) {
    if (intAttribute(call, mask, 0) !== 0) throw new NotNative(`it slices with ${mask}`);
  }
  const [begin, end, steps] = [constantInts(call, 1), constantInts(call, 2), constantInts(call, 3)];
  if (steps.some((step) => step <= 0)) throw new NotNative("it slices backwards");
  const bit = (mask: string, axis: number) => ((intAttribute(call, mask, 0) >> axis) & 1) === 1;
  const from = view.shape.map((extent, axis) => {
    if (axis >= begin.length || (bit("begin_mask", axis) && !bit("shrink_axis_mask", axis))) return 0;
    return begin[axis]! < 0 ? begin[axis]! + extent : Math.min(begin[axis]!, extent);
  });
  const shape = view.shape.map((extent, axis) => {
    if (axis < begin.length && bit("shrink_axis_mask", axis)) return 1;
    const open = axis >= begin.length || bit("end_mask", axis);
    const to = open ? extent : Math.min(end[axis]! < 0 ? end[axis]! + extent : end[axis]!, extent);
    return Math.max(0, Math.ceil((to - from[axis]!) / (steps[axis] ?? 1)));
  });
  const sliced = sliceView(
    view,
    from,
    shape,
    shape.map((_, axis) => steps[axis] ?? 1),
  );
  return reshaped(sliced, outputShape(node));
});

/** Equal or given parts along an axis, each a view. */
const split: Lowering = (planner, node) => {
  const source = node.sources[0]!;
  const view = planner.viewOf(source);
  const axis = normalAxis(asCall(node), constantInts(asCall(node), 2)[0]!, view.shape.length);
  let start = 0;
  return node.outputs.map(({ shape }) => {
    const from = shape.map((_, i) => (i === axis ? start : 0));
    start += shape[axis]!;
    return { kind: "view", view: sliceView(view, from, shape), data: isData(source) };
  });
};

const unpack: Lowering = (planner, node) => {
  const source = node.sources[0]!;
  const view = planner.viewOf(source);
  const axis = normalAxis(asCall(node), intAttribute(asCall(node), "axis", 0), view.shape.length);
  return node.outputs.map((output, index) => {
    const from = view.shape.map((_, i) => (i === axis ? index : 0));
    const one = sliceView(
      view,
      from,
      view.shape.map((extent, i) => (i === axis ? 1 : extent)),
    );
    return { kind: "view", view: reshaped(one, output.shape)!, data: isData(source) };
  });
};

export const looks: Lowerings = {
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: transpose,
  Tile: tile,
  BroadcastTo: tile,
  Slice: slice,
  StridedSlice: stridedSlice,
  SplitV: split,
  Unpack: unpack,
};

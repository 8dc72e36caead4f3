/** Operations that make tensors from nothing, from parts, or from rows of a table. */
import { constantData, type Shape, sameShape, sizeOf } from "../graph/graph";
import { constantInts, intAttribute, normalAxis } from "../graph/shapes/rule";
import { arg, identity, infix, number, select } from "./expression";
import { broadcastView, reshaped, sliceView, type View } from "./memory";
import { isData, NotNative, type Planner, type Source } from "./planner";
import { asCall, type Known, type Lowering, type Lowerings, outputShape, outputType } from "./rule";

/** Writes every part into its place of one tensor. */
function concatenate(
  planner: Planner,
  node: Known,
  sources: readonly Source[],
  shapes: readonly Shape[],
  axis: number,
): Source {
  const shape = shapes[0]!.map((extent, i) =>
    i === axis ? shapes.reduce((sum, s) => sum + s[axis]!, 0) : extent,
  );
  const dtype = outputType(node);
  const starts = shapes.map((_, i) => shapes.slice(0, i).reduce((sum, s) => sum + s[axis]!, 0));
  const from = (i: number) => shape.map((_, j) => (j === axis ? starts[i]! : 0));
  if (sources.every((source) => source.kind === "sums")) {
    const parts = sources.flatMap((sum, i) =>
      sum.parts.map(({ to, place }) => ({
        to,
        place: (whole: View) => place(sliceView(whole, from(i), shapes[i]!)),
      })),
    );
    return { kind: "sums", dtype, shape, phase: Math.max(...sources.map(({ phase }) => phase)), parts };
  }
  const views = sources.map((source) =>
    source.kind === "literal" ? undefined : planner.smooth(planner.viewOf(source)),
  );
  const data = sources.some(isData) && axis !== 0;
  const stage = planner.stageOf(
    data,
    shape,
    views.flatMap((view) => (view === undefined ? [] : [view])),
  );
  const whole: View = planner.memory(dtype, shape, stage);
  sources.forEach((source, i) => {
    const view = views[i];
    const part: Source = view === undefined ? source : { kind: "view", view, data: isData(source) };
    planner.map(shapes[i]!, dtype, identity, [part], { to: sliceView(whole, from(i), shapes[i]!), stage });
  });
  return { kind: "view", view: whole, data: sources.some(isData) };
}

const concat: Lowering = (planner, node) => {
  const parts = node.sources.slice(0, -1);
  const shapes = node.inputs.slice(0, -1).map(({ shape }) => shape);
  const axis = normalAxis(
    asCall(node),
    constantInts(asCall(node), node.inputs.length - 1)[0]!,
    shapes[0]!.length,
  );
  const filled = parts
    .map((part, i) => ({ part, shape: shapes[i]! }))
    .filter(({ shape }) => sizeOf(shape) > 0);
  return concatenate(
    planner,
    node,
    filled.map(({ part }) => part),
    filled.map(({ shape }) => shape),
    axis,
  );
};

const pack: Lowering = (planner, node) => {
  const axis = normalAxis(asCall(node), intAttribute(asCall(node), "axis", 0), outputShape(node).length);
  const one = outputShape(node).map((extent, i) => (i === axis ? 1 : extent));
  const sources = node.sources.map((source): Source => {
    if (source.kind === "literal") return { ...source, shape: one };
    const view = planner.viewOf(source);
    return {
      kind: "view",
      view: reshaped(view, one) ?? reshaped(planner.copied(view), one)!,
      data: isData(source),
    };
  });
  return concatenate(
    planner,
    node,
    sources,
    sources.map(() => one),
    axis,
  );
};

const pad: Lowering = (planner, node) => {
  const source = node.sources[0]!;
  const shape = outputShape(node);
  const inner = node.inputs[0]!.shape;
  if (sameShape(shape, inner)) return source;
  const paddings = constantInts(asCall(node), 1);
  const value = node.sources[2] ?? { kind: "literal", value: 0, dtype: outputType(node), shape: [] };
  const view = planner.smooth(planner.viewOf(source));
  const from = inner.map((_, axis) => paddings[2 * axis]!);
  const alongBatch = shape[0] !== inner[0];
  const stage = planner.stageOf(isData(source) && !alongBatch, shape, [view]);
  const whole = planner.memory(outputType(node), shape, stage);
  planner.map(shape, outputType(node), identity, [value], { to: whole, stage });
  planner.map(inner, outputType(node), identity, [{ kind: "view", view, data: isData(source) }], {
    to: sliceView(whole, from, inner),
    stage,
  });
  return { kind: "view", view: whole, data: isData(source) };
};

const fill: Lowering = (_, node) => {
  const value = node.sources[node.op === "Fill" ? 1 : 0]!;
  const dtype = outputType(node);
  if (node.op === "ZerosLike") return { kind: "literal", value: 0, dtype, shape: outputShape(node) };
  if (node.op === "OnesLike") return { kind: "literal", value: 1, dtype, shape: outputShape(node) };
  if (value.kind === "literal") return { ...value, shape: outputShape(node) };
  if (value.kind === "sums") throw new NotNative("it fills with a sum");
  return { ...value, view: broadcastView(value.view, outputShape(node)) };
};

const oneHot: Lowering = (planner, node) => {
  const axis = intAttribute(asCall(node), "axis", -1);
  if (axis !== -1 && axis !== node.inputs[0]!.shape.length)
    throw new NotNative("it counts along another axis than the last");
  const source = node.sources[0]!;
  const [on, off] = [node.sources[2]!, node.sources[3]!];
  const shape = outputShape(node);
  const index: Source =
    source.kind === "literal"
      ? source
      : {
          kind: "view",
          view: reshaped(planner.viewOf(source), [...shape.slice(0, -1), 1])!,
          data: isData(source),
        };
  return planner.map(shape, outputType(node), select(infix("==", arg(0), arg(3)), arg(1), arg(2)), [
    index,
    on,
    off,
    "column",
  ]);
};

/** `start + i * step`; in TensorFlow's words the last number or the step is given. */
const counted: Lowering = (planner, node) => {
  const [start = NaN, end = NaN, third = NaN] = node.inputs.map((input) => Number(constantData(input)?.[0]));
  const count = outputShape(node)[0]!;
  const step = node.op === "Range" ? third : (end - start) / Math.max(count - 1, 1);
  if (!Number.isFinite(start) || !Number.isFinite(step))
    throw new NotNative("it counts to a number that is computed");
  const dtype = outputType(node);
  const counted = infix("+", number(start, dtype), infix("*", arg(0), number(step, dtype)));
  return planner.map([count], dtype, counted, ["column"]);
};

const gather: Lowering = (planner, node) => {
  const [table, index] = [
    planner.copied(planner.viewOf(node.sources[0]!)),
    planner.copied(planner.viewOf(node.sources[1]!)),
  ];
  const axis = constantInts(asCall(node), 2)[0];
  if (axis !== 0 || intAttribute(asCall(node), "batch_dims", 0) !== 0)
    throw new NotNative("it gathers along another axis than the first");
  const data = isData(node.sources[1]!);
  const sliced = data && planner.isSliceable(index);
  const stage = sliced ? planner.stage(true, [index], [table]) : planner.stage(false, [], [index, table]);
  const to = planner.memory(outputType(node), outputShape(node), stage);
  planner.ops.push({ kind: "gather", ...stage, table, index, to });
  return { kind: "view", view: to, data };
};

const scatter: Lowering = (planner, node) => {
  const rowMajorView = (input: number) => planner.copied(planner.viewOf(node.sources[input]!));
  const [table, index, updates] = [rowMajorView(0), rowMajorView(1), rowMajorView(2)];
  if (index.shape.at(-1) !== 1) throw new NotNative("it scatters single elements");
  const stage = planner.stage(false, [], [table, index, updates]);
  const to = planner.memory(outputType(node), outputShape(node), stage);
  planner.ops.push({ kind: "scatter", ...stage, table, index, updates, to });
  return { kind: "view", view: to, data: false };
};

export const layouts: Lowerings = {
  ConcatV2: concat,
  Pack: pack,
  Pad: pad,
  PadV2: pad,
  Fill: fill,
  ZerosLike: fill,
  OnesLike: fill,
  OneHot: oneHot,
  LinSpace: counted,
  Range: counted,
  GatherV2: gather,
  TensorScatterUpdate: scatter,
};

/** Operations that make tensors from nothing, from parts, or from rows of a table. */
import { constantData, sameShape, sizeOf } from "../../graph/graph";
import { axisOf, gatherOf, joinOf, paddingsOf } from "../../graph/shapes/geometry";
import { NotNative } from "../not-native";
import { arg, identity, infix, number, select } from "./expression";
import { broadcastView, reshaped, sliceView, type View } from "./memory";
import { isData, type Source } from "./planner";
import { asCall, type Lowering, type Lowerings, outputShape, outputType } from "./rule";

/** Writes every part into its place of one tensor. */
const join: Lowering = (planner, node) => {
  const { axis, parts, starts, shape } = joinOf(asCall(node));
  const dtype = outputType(node);
  const from = (i: number) => shape.map((_, j) => (j === axis ? starts[i]! : 0));
  const filled = [...parts.keys()].filter((i) => sizeOf(parts[i]!) > 0);
  const sources = filled.map((i) => node.sources[i]!);
  if (node.op === "ConcatV2" && sources.every((source) => source.kind === "sums")) {
    const placed = sources.flatMap((sum, k) =>
      sum.parts.map(({ to, place }) => ({
        to,
        place: (whole: View) => place(sliceView(whole, from(filled[k]!), parts[filled[k]!]!)),
      })),
    );
    return {
      kind: "sums",
      dtype,
      shape,
      phase: Math.max(...sources.map(({ phase }) => phase)),
      parts: placed,
    };
  }
  const shaped = sources.map((source, k): Source => {
    if (source.kind === "literal") return source;
    const view = planner.viewOf(source);
    const part = parts[filled[k]!]!;
    const wide = reshaped(view, part) ?? reshaped(planner.copied(view), part)!;
    return { kind: "view", view: planner.smooth(wide), data: isData(source) };
  });
  const views = shaped.flatMap((source) => (source.kind === "view" ? [source.view] : []));
  const data = shaped.some(isData);
  const stage = planner.stageOf(data && axis !== 0, shape, views);
  const whole: View = planner.memory(dtype, shape, stage);
  for (const [k, i] of filled.entries()) {
    planner.map(parts[i]!, dtype, identity, [shaped[k]!], {
      to: sliceView(whole, from(i), parts[i]!),
      stage,
    });
  }
  return { kind: "view", view: whole, data };
};

const pad: Lowering = (planner, node) => {
  const source = node.sources[0]!;
  const shape = outputShape(node);
  const inner = node.inputs[0]!.shape;
  if (sameShape(shape, inner)) return source;
  const value = node.sources[2] ?? { kind: "literal", value: 0, dtype: outputType(node), shape: [] };
  const view = planner.smooth(planner.viewOf(source));
  const from = paddingsOf(asCall(node)).before;
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
  if (axisOf(asCall(node)) !== node.inputs[0]!.shape.length)
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
  const { axis, batchDims } = gatherOf(asCall(node));
  if (axis !== 0 || batchDims !== 0) throw new NotNative("it gathers along another axis than the first");
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
  ConcatV2: join,
  Pack: join,
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

/** Operations that make a tensor of nothing, of other tensors, or of rows of a table. */
import { constantData, sameShape, sizeOf } from "../../graph/graph";
import { axisOf, gatherOf, joinOf, paddingsOf } from "../../graph/shapes/geometry";
import { NotNative } from "../not-native";
import { arg, identity, infix, number, select } from "./expression";
import { broadcastView, reshaped, sliceView, type View } from "./memory";
import { isPerExample, type Source } from "./planner";
import { asCall, type NativeRule, type NativeRules, outputShape, outputType } from "./rule";

/** Concatenates tensors: writes each of them to its slice of the result. */
const join: NativeRule = (planner, node) => {
  const { axis, parts, starts, shape } = joinOf(asCall(node));
  const dtype = outputType(node);
  const from = (i: number) => shape.map((_, j) => (j === axis ? starts[i]! : 0));
  const filled = [...parts.keys()].filter((i) => sizeOf(parts[i]!) > 0);
  const sources = filled.map((i) => node.sources[i]!);
  if (node.op === "ConcatV2" && sources.every((source) => source.kind === "sums")) {
    const terms = sources.flatMap((sum, k) =>
      sum.terms.map(({ to, within }) => ({
        to,
        within: (whole: View) => within(sliceView(whole, from(filled[k]!), parts[filled[k]!]!)),
      })),
    );
    return {
      kind: "sums",
      dtype,
      shape,
      phase: Math.max(...sources.map(({ phase }) => phase)),
      terms,
    };
  }
  const shaped = sources.map((source, k): Source => {
    if (source.kind === "literal") return source;
    const view = planner.viewOf(source);
    const part = parts[filled[k]!]!;
    const wide = reshaped(view, part) ?? reshaped(planner.copied(view), part)!;
    return { kind: "view", view: planner.withUnitStride(wide), perExample: isPerExample(source) };
  });
  const views = shaped.flatMap((source) => (source.kind === "view" ? [source.view] : []));
  const perExample = shaped.some(isPerExample);
  const stage = planner.stageOf(perExample && axis !== 0, shape, views);
  const whole: View = planner.memory(dtype, shape, stage);
  for (const [k, i] of filled.entries()) {
    planner.map(parts[i]!, dtype, identity, [shaped[k]!], {
      to: sliceView(whole, from(i), parts[i]!),
      stage,
    });
  }
  return { kind: "view", view: whole, perExample };
};

const pad: NativeRule = (planner, node) => {
  const source = node.sources[0]!;
  const shape = outputShape(node);
  const inner = node.inputs[0]!.shape;
  if (sameShape(shape, inner)) return source;
  const value = node.sources[2] ?? { kind: "literal", value: 0, dtype: outputType(node), shape: [] };
  const view = planner.withUnitStride(planner.viewOf(source));
  const from = paddingsOf(asCall(node)).before;
  const alongBatch = shape[0] !== inner[0];
  const stage = planner.stageOf(isPerExample(source) && !alongBatch, shape, [view]);
  const whole = planner.memory(outputType(node), shape, stage);
  planner.map(shape, outputType(node), identity, [value], { to: whole, stage });
  planner.map(inner, outputType(node), identity, [{ kind: "view", view, perExample: isPerExample(source) }], {
    to: sliceView(whole, from, inner),
    stage,
  });
  return { kind: "view", view: whole, perExample: isPerExample(source) };
};

const fill: NativeRule = (_, node) => {
  const value = node.sources[node.op === "Fill" ? 1 : 0]!;
  const dtype = outputType(node);
  if (node.op === "ZerosLike") return { kind: "literal", value: 0, dtype, shape: outputShape(node) };
  if (node.op === "OnesLike") return { kind: "literal", value: 1, dtype, shape: outputShape(node) };
  if (value.kind === "literal") return { ...value, shape: outputShape(node) };
  if (value.kind === "sums") throw new NotNative("it fills a tensor with a sum over the batch");
  return { ...value, view: broadcastView(value.view, outputShape(node)) };
};

const oneHot: NativeRule = (planner, node) => {
  if (axisOf(asCall(node)) !== node.inputs[0]!.shape.length)
    throw new NotNative("the axis of OneHot is not the last");
  const source = node.sources[0]!;
  const [on, off] = [node.sources[2]!, node.sources[3]!];
  const shape = outputShape(node);
  const index: Source =
    source.kind === "literal"
      ? source
      : {
          kind: "view",
          view: reshaped(planner.viewOf(source), [...shape.slice(0, -1), 1])!,
          perExample: isPerExample(source),
        };
  return planner.map(shape, outputType(node), select(infix("==", arg(0), arg(3)), arg(1), arg(2)), [
    index,
    on,
    off,
    "column",
  ]);
};

/** `start + i * step`. Range gives the step, LinSpace the last number. */
const range: NativeRule = (planner, node) => {
  const [start = NaN, end = NaN, third = NaN] = node.inputs.map((input) => Number(constantData(input)?.[0]));
  const count = outputShape(node)[0]!;
  const step = node.op === "Range" ? third : (end - start) / Math.max(count - 1, 1);
  if (!Number.isFinite(start) || !Number.isFinite(step))
    throw new NotNative("the numbers of Range or LinSpace are computed at run time");
  const dtype = outputType(node);
  const range = infix("+", number(start, dtype), infix("*", arg(0), number(step, dtype)));
  return planner.map([count], dtype, range, ["column"]);
};

const gather: NativeRule = (planner, node) => {
  const [table, index] = [
    planner.copied(planner.viewOf(node.sources[0]!)),
    planner.copied(planner.viewOf(node.sources[1]!)),
  ];
  const { axis, batchDims } = gatherOf(asCall(node));
  if (axis !== 0 || batchDims !== 0) throw new NotNative("it gathers along an axis other than the first");
  const perExample = isPerExample(node.sources[1]!);
  const sliced = perExample && planner.isSliceable(index);
  const stage = sliced ? planner.stage(true, [index], [table]) : planner.stage(false, [], [index, table]);
  const to = planner.memory(outputType(node), outputShape(node), stage);
  planner.ops.push({ kind: "gather", ...stage, table, index, to });
  return { kind: "view", view: to, perExample };
};

const scatter: NativeRule = (planner, node) => {
  const rowMajorView = (input: number) => planner.copied(planner.viewOf(node.sources[input]!));
  const [table, index, updates] = [rowMajorView(0), rowMajorView(1), rowMajorView(2)];
  if (index.shape.at(-1) !== 1) throw new NotNative("it scatters elements instead of rows");
  const stage = planner.stage(false, [], [table, index, updates]);
  const to = planner.memory(outputType(node), outputShape(node), stage);
  planner.ops.push({ kind: "scatter", ...stage, table, index, updates, to });
  return { kind: "view", view: to, perExample: false };
};

export const assembly: NativeRules = {
  ConcatV2: join,
  Pack: join,
  Pad: pad,
  PadV2: pad,
  Fill: fill,
  ZerosLike: fill,
  OnesLike: fill,
  OneHot: oneHot,
  LinSpace: range,
  Range: range,
  GatherV2: gather,
  TensorScatterUpdate: scatter,
};

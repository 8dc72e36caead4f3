/** The operations of a graph as loops over views: one entry for each operation that native programs know. */
import { type GraphNode, type Shape, sameShape, sizeOf } from "../graph/graph";
import { boolAttribute, type Call, constantInts, intAttribute, normalAxis } from "../graph/shapes/rule";
import { expressionOf } from "./expressions";
import { broadcastView, type NativeType, reshaped, sliceView, transposed, type View } from "./memory";
import type { RowReduction } from "./ops";
import { isData, NotNative, type PartialSums, type Planner, type Source } from "./planner";
import { product } from "./products";

/** A node and what stands for its inputs. */
export interface Known extends GraphNode {
  readonly sources: readonly Source[];
}

export type Lowering = (planner: Planner, node: Known) => Source | readonly Source[];

/** What stands for the outputs of a node. @throws NotNative where nothing here computes it */
export function lowerNode(planner: Planner, node: Known): readonly Source[] {
  const lowering = lowerings[node.op] ?? elementwise;
  const made = lowering(planner, node);
  return Array.isArray(made) ? (made as readonly Source[]) : [made as Source];
}

const asCall = (node: GraphNode): Call => ({ ...node, numOutputs: node.outputs.length });
const outputShape = (node: GraphNode): Shape => node.outputs[0]!.shape;

/** The type of an output. @throws NotNative for types that native programs do not compute with */
export function nativeType(dtype: string): NativeType {
  if (dtype === "float32" || dtype === "bfloat16" || dtype === "int32" || dtype === "bool") return dtype;
  throw new NotNative(`it computes with ${dtype}`);
}

const outputType = (node: GraphNode): NativeType => nativeType(node.outputs[0]!.dtype);

const elementwise: Lowering = (planner, node) => {
  const expression = expressionOf(node);
  if (expression === undefined) throw new NotNative(`it uses ${node.op}`);
  const [first, second, third] = node.sources;
  if (node.op === "Add" && first?.kind === "sums" && second?.kind === "sums") return bothSums(first, second);
  if (node.op === "Cast" && first?.kind === "sums") return { ...first, dtype: outputType(node) };
  // A vector of conditions chooses rows.
  if (node.op === "Select" && first?.kind === "view" && first.view.shape.length === 1) {
    const shape = outputShape(node).map((_, axis) => (axis === 0 ? first.view.shape[0]! : 1));
    const rows: Source = { ...first, view: reshaped(first.view, shape)! };
    return planner.map(outputShape(node), outputType(node), expression, [rows, second!, third!]);
  }
  // The shape before a reshape may spare a copy, and the result is the same row by row.
  return planner.map(outputShape(node), outputType(node), expression, node.sources);
};

const bothSums = (a: PartialSums, b: PartialSums): PartialSums => ({
  ...a,
  phase: Math.max(a.phase, b.phase),
  parts: [...a.parts, ...b.parts],
});

/** Lowerings that only look at the same memory in another way. */
const seen =
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
  const parts = source.parts.map(({ to, place }) => ({ to, place: (whole: View) => place(reshaped(whole, source.shape)!) }));
  return { ...source, shape: outputShape(node), parts };
};

const tile: Lowering = (planner, node) => {
  const shape = outputShape(node);
  const stretches = node.inputs[0]!.shape.every((extent, axis) => extent === 1 || extent === shape[axis]);
  if (!stretches) throw new NotNative("it repeats more than single elements");
  return seen((view) => broadcastView(view, shape))(planner, node);
};

const transpose: Lowering = seen((view, node) => transposed(view, constantInts(asCall(node), 1)));

const slice: Lowering = seen((view, node) => sliceView(view, constantInts(asCall(node), 1), outputShape(node)));

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
  const sliced = sliceView(view, from, shape, shape.map((_, axis) => steps[axis] ?? 1));
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
    const one = sliceView(view, from, view.shape.map((extent, i) => (i === axis ? 1 : extent)));
    return { kind: "view", view: reshaped(one, output.shape)!, data: isData(source) };
  });
};

/** Writes every part into its place of one tensor. */
function concatenate(planner: Planner, node: Known, sources: readonly Source[], shapes: readonly Shape[], axis: number): Source {
  const shape = shapes[0]!.map((extent, i) => (i === axis ? shapes.reduce((sum, s) => sum + s[axis]!, 0) : extent));
  const dtype = outputType(node);
  const starts = shapes.map((_, i) => shapes.slice(0, i).reduce((sum, s) => sum + s[axis]!, 0));
  const from = (i: number) => shape.map((_, j) => (j === axis ? starts[i]! : 0));
  if (sources.every((source) => source.kind === "sums")) {
    const sums = sources as readonly PartialSums[];
    const parts = sums.flatMap((sum, i) =>
      sum.parts.map(({ to, place }) => ({ to, place: (whole: View) => place(sliceView(whole, from(i), shapes[i]!)) })),
    );
    return { kind: "sums", dtype, shape, phase: Math.max(...sums.map(({ phase }) => phase)), parts };
  }
  const views = sources.map((source) => (source.kind === "literal" ? undefined : planner.smooth(planner.viewOf(source))));
  const data = sources.some(isData) && axis !== 0;
  const stage = planner.stageOf(data, shape, views.flatMap((view) => (view === undefined ? [] : [view])));
  const whole: View = planner.memory(dtype, shape, stage);
  sources.forEach((source, i) => {
    const view = views[i];
    const part: Source = view === undefined ? source : { kind: "view", view, data: isData(source) };
    planner.map(shapes[i]!, dtype, ([x]) => x!, [part], { to: sliceView(whole, from(i), shapes[i]!), stage });
  });
  return { kind: "view", view: whole, data: sources.some(isData) };
}

const concat: Lowering = (planner, node) => {
  const parts = node.sources.slice(0, -1);
  const shapes = node.inputs.slice(0, -1).map(({ shape }) => shape);
  const axis = normalAxis(asCall(node), constantInts(asCall(node), node.inputs.length - 1)[0]!, shapes[0]!.length);
  const filled = parts.map((part, i) => ({ part, shape: shapes[i]! })).filter(({ shape }) => sizeOf(shape) > 0);
  return concatenate(planner, node, filled.map(({ part }) => part), filled.map(({ shape }) => shape), axis);
};

const pack: Lowering = (planner, node) => {
  const axis = normalAxis(asCall(node), intAttribute(asCall(node), "axis", 0), outputShape(node).length);
  const one = outputShape(node).map((extent, i) => (i === axis ? 1 : extent));
  const sources = node.sources.map((source): Source => {
    if (source.kind === "literal") return { ...source, shape: one };
    const view = planner.viewOf(source);
    return { kind: "view", view: reshaped(view, one) ?? reshaped(planner.copied(view), one)!, data: isData(source) };
  });
  return concatenate(planner, node, sources, sources.map(() => one), axis);
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
  planner.map(shape, outputType(node), ([x]) => x!, [value], { to: whole, stage });
  planner.map(inner, outputType(node), ([x]) => x!, [{ kind: "view", view, data: isData(source) }], {
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
  if (axis !== -1 && axis !== node.inputs[0]!.shape.length) throw new NotNative("it counts along another axis than the last");
  const source = node.sources[0]!;
  const [on, off] = [node.sources[2]!, node.sources[3]!];
  const shape = outputShape(node);
  const index: Source =
    source.kind === "literal"
      ? source
      : { kind: "view", view: reshaped(planner.viewOf(source), [...shape.slice(0, -1), 1])!, data: isData(source) };
  return planner.map(shape, outputType(node), ([i, yes, no, column]) => `(${i} == ${column} ? ${yes} : ${no})`, [index, on, off, "column"]);
};

/** Reductions; those over the last dimensions are done row by row. */
const reduce =
  (how: RowReduction, after?: (count: number) => string): Lowering =>
  (planner, node) => {
    const input = node.inputs[0]!;
    const rank = input.shape.length;
    const axes = constantInts(asCall(node), 1).map((axis) => normalAxis(asCall(node), axis, rank));
    const shape = outputShape(node);
    const dtype = outputType(node);
    const count = axes.reduce((product, axis) => product * input.shape[axis]!, 1);
    const source = node.sources[0]!;
    const scaled = (sum: Source): Source =>
      after === undefined ? sum : planner.map(shape, dtype, ([x]) => `(${x} * ${after(count)})`, [sum]);
    if (count === 1) return seen((view) => reshaped(view, shape))(planner, node);
    const kept = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const trailing = kept.every((axis) => axes.every((reduced) => axis < reduced || input.shape[axis] === 1));
    // A sum over the whole batch is not a row: it is done block by block.
    const overBatch = isData(source) && axes.includes(0) && how === "sum";
    if (trailing && !overBatch) return scaled(planner.row(how, source, count, shape, dtype));
    if (how !== "sum" || (dtype !== "float32" && dtype !== "bfloat16")) throw new NotNative(`it takes the ${how} over leading dimensions`);
    const keepDims = boolAttribute(asCall(node), "keep_dims");
    const places = input.shape.map((_, axis) => {
      if (axes.includes(axis)) return undefined;
      return keepDims ? axis : kept.indexOf(axis);
    });
    const sum = planner.sum(source, shape, places);
    return scaled(dtype === "float32" ? sum : planner.map(shape, dtype, ([x]) => x!, [sum]));
  };

const argMax: Lowering = (planner, node) => {
  const rank = node.inputs[0]!.shape.length;
  if (normalAxis(asCall(node), constantInts(asCall(node), 1)[0]!, rank) !== rank - 1) throw new NotNative("its ArgMax is not along the last axis");
  return planner.row("argmax", node.sources[0]!, node.inputs[0]!.shape[rank - 1]!, outputShape(node), outputType(node));
};

const softmax: Lowering = (planner, node) => {
  const shape = outputShape(node);
  const rows = [...shape.slice(0, -1), 1];
  const x = node.sources[0]!;
  const most = planner.row("max", x, shape.at(-1)!, rows, "float32");
  const powers = planner.map(shape, "float32", ([x, most]) => `exp_f32(${x} - ${most})`, [x, most]);
  const total = planner.row("sum", powers, shape.at(-1)!, rows, "float32");
  const inverse = planner.map(rows, "float32", ([total]) => `(1.0f / ${total})`, [total]);
  return planner.map(shape, outputType(node), ([power, inverse]) => `(${power} * ${inverse})`, [powers, inverse]);
};

const gather: Lowering = (planner, node) => {
  const [table, index] = [planner.copied(planner.viewOf(node.sources[0]!)), planner.copied(planner.viewOf(node.sources[1]!))];
  const axis = constantInts(asCall(node), 2)[0];
  if (axis !== 0 || intAttribute(asCall(node), "batch_dims", 0) !== 0) throw new NotNative("it gathers along another axis than the first");
  const data = isData(node.sources[1]!);
  const sliced = data && planner.isSliceable(index);
  const stage = sliced ? planner.stage(true, [index], [table]) : planner.stage(false, [], [index, table]);
  const to = planner.memory(outputType(node), outputShape(node), stage);
  planner.ops.push({ kind: "gather", ...stage, table, index, to });
  return { kind: "view", view: to, data };
};

const scatter: Lowering = (planner, node) => {
  const [table, index, updates] = node.sources.map((source) => planner.copied(planner.viewOf(source))) as [View, View, View];
  if (index.shape.at(-1) !== 1) throw new NotNative("it scatters single elements");
  const stage = planner.stage(false, [], [table, index, updates]);
  const to = planner.memory(outputType(node), outputShape(node), stage);
  planner.ops.push({ kind: "scatter", ...stage, table, index, updates, to });
  return { kind: "view", view: to, data: false };
};

const lowerings: Readonly<Record<string, Lowering>> = {
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: transpose,
  Tile: tile,
  BroadcastTo: tile,
  Slice: slice,
  StridedSlice: stridedSlice,
  SplitV: split,
  Unpack: unpack,
  ConcatV2: concat,
  Pack: pack,
  Pad: pad,
  PadV2: pad,
  Fill: fill,
  ZerosLike: fill,
  OnesLike: fill,
  OneHot: oneHot,
  Sum: reduce("sum"),
  Mean: reduce("sum", (count) => `(1.0f / ${count}.0f)`),
  Max: reduce("max"),
  Min: reduce("min"),
  Prod: reduce("prod"),
  Any: reduce("any"),
  All: reduce("all"),
  ArgMax: argMax,
  Softmax: softmax,
  GatherV2: gather,
  TensorScatterUpdate: scatter,
  MatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
};

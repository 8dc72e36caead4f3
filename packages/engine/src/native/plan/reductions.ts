/** Operations that combine elements along dimensions. */
import { axesOf, axisOf } from "../../graph/shapes/geometry";
import { boolAttribute } from "../../graph/shapes/rule";
import { NotNative } from "../not-native";
import { arg, call, type Expression, identity, infix, number } from "./expression";
import { reshaped } from "./memory";
import type { RowReduction } from "./ops";
import { isData, type Source } from "./planner";
import { asCall, type Lowering, type Lowerings, outputShape, outputType } from "./rule";
import { seen } from "./views";

/** Reductions; those over the last dimensions are done row by row. */
const reduce =
  (how: RowReduction, after?: (count: number) => Expression): Lowering =>
  (planner, node) => {
    const input = node.inputs[0]!;
    const axes = axesOf(asCall(node));
    const shape = outputShape(node);
    const dtype = outputType(node);
    const count = axes.reduce((product, axis) => product * input.shape[axis]!, 1);
    if (count === 0) throw new NotNative("it has tensors without elements");
    const source = node.sources[0]!;
    const scaled = (sum: Source): Source =>
      after === undefined ? sum : planner.map(shape, dtype, infix("*", arg(0), after(count)), [sum]);
    if (count === 1) return seen((view) => reshaped(view, shape))(planner, node);
    const kept = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const trailing = kept.every((axis) => axes.every((reduced) => axis < reduced || input.shape[axis] === 1));
    // A sum over the whole batch is not a row: it is done block by block.
    const overBatch = isData(source) && axes.includes(0) && how === "sum";
    if (trailing && !overBatch) return scaled(planner.row(how, source, count, shape, dtype));
    if (how !== "sum" || (dtype !== "float32" && dtype !== "bfloat16"))
      throw new NotNative(`it takes the ${how} over leading dimensions`);
    const keepDims = boolAttribute(asCall(node), "keep_dims");
    const places = input.shape.map((_, axis) => {
      if (axes.includes(axis)) return undefined;
      return keepDims ? axis : kept.indexOf(axis);
    });
    const sum = planner.sum(source, shape, places);
    return scaled(dtype === "float32" ? sum : planner.map(shape, dtype, identity, [sum]));
  };

const argMax: Lowering = (planner, node) => {
  const { shape } = node.inputs[0]!;
  if (axisOf(asCall(node)) !== shape.length - 1) throw new NotNative("its ArgMax is not along the last axis");
  return planner.row("argmax", node.sources[0]!, shape.at(-1)!, outputShape(node), outputType(node));
};

const softmax: Lowering = (planner, node) => {
  const shape = outputShape(node);
  const rows = [...shape.slice(0, -1), 1];
  const x = node.sources[0]!;
  const most = planner.row("max", x, shape.at(-1)!, rows, "float32");
  const powers = planner.map(shape, "float32", call("exp_f32", infix("-", arg(0), arg(1))), [x, most]);
  const total = planner.row("sum", powers, shape.at(-1)!, rows, "float32");
  const inverse = planner.map(rows, "float32", infix("/", number(1), arg(0)), [total]);
  return planner.map(shape, outputType(node), infix("*", arg(0), arg(1)), [powers, inverse]);
};

export const reductions: Lowerings = {
  Sum: reduce("sum"),
  Mean: reduce("sum", (count) => infix("/", number(1), number(count))),
  Max: reduce("max"),
  Min: reduce("min"),
  Prod: reduce("prod"),
  Any: reduce("any"),
  All: reduce("all"),
  ArgMax: argMax,
  Softmax: softmax,
};

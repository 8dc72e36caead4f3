/** Operations that reduce dimensions. */
import { axesOf, axisOf } from "../../graph/shapes/geometry";
import { boolAttribute } from "../../graph/shapes/rule";
import { NotNative } from "../not-native";
import { arg, call, type Expression, identity, infix, number } from "./expression";
import { reshaped } from "./memory";
import type { RowReduction } from "./ops";
import { isPerExample, type Source } from "./planner";
import { asCall, type NativeRule, type NativeRules, outputShape, outputType } from "./rule";
import { viewRule } from "./views";

/** Reductions. Over the last dimensions they run row by row. */
const reduce =
  (how: RowReduction, after?: (count: number) => Expression): NativeRule =>
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
    if (count === 1) return viewRule((view) => reshaped(view, shape))(planner, node);
    const kept = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const trailing = kept.every((axis) => axes.every((reduced) => axis < reduced || input.shape[axis] === 1));
    // A sum over the whole batch is not a row of an example: it is accumulated block by block.
    const overBatch = isPerExample(source) && axes.includes(0) && how === "sum";
    if (trailing && !overBatch) return scaled(planner.row(how, source, count, shape, dtype));
    if (how !== "sum" || (dtype !== "float32" && dtype !== "bfloat16"))
      throw new NotNative(`it takes the ${how} over dimensions other than the last ones`);
    const keepDims = boolAttribute(asCall(node), "keep_dims");
    const resultAxes = input.shape.map((_, axis) => {
      if (axes.includes(axis)) return undefined;
      return keepDims ? axis : kept.indexOf(axis);
    });
    const sum = planner.sum(source, shape, resultAxes);
    return scaled(dtype === "float32" ? sum : planner.map(shape, dtype, identity, [sum]));
  };

const argMax: NativeRule = (planner, node) => {
  const { shape } = node.inputs[0]!;
  if (axisOf(asCall(node)) !== shape.length - 1) throw new NotNative("the axis of ArgMax is not the last");
  return planner.row("argmax", node.sources[0]!, shape.at(-1)!, outputShape(node), outputType(node));
};

const softmax: NativeRule = (planner, node) => {
  const shape = outputShape(node);
  const rows = [...shape.slice(0, -1), 1];
  const x = node.sources[0]!;
  const most = planner.row("max", x, shape.at(-1)!, rows, "float32");
  const powers = planner.map(shape, "float32", call("exp_f32", infix("-", arg(0), arg(1))), [x, most]);
  const total = planner.row("sum", powers, shape.at(-1)!, rows, "float32");
  const inverse = planner.map(rows, "float32", infix("/", number(1), arg(0)), [total]);
  return planner.map(shape, outputType(node), infix("*", arg(0), arg(1)), [powers, inverse]);
};

export const reductions: NativeRules = {
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

/** Operations along axes: sums, extremes, running sums, the largest elements, sums by segment. */
import type { GraphDType } from "../graph";
import { axesOf, axisOf } from "./geometry";
import {
  boolAttribute,
  type Call,
  constantInt,
  dtypeAttribute,
  forAll,
  input,
  type ShapeRule,
  type ShapeRules,
  shapeError,
  withoutAxis,
} from "./rule";

/** The shape without the axes in input 1, or with size 1 in their place. */
function reducedShape(call: Call): number[] {
  const { shape } = input(call, 0);
  const axes = axesOf(call);
  return boolAttribute(call, "keep_dims")
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

const reduce =
  (dtype?: GraphDType): ShapeRule =>
  (call) => [{ shape: reducedShape(call), dtype: dtype ?? input(call, 0).dtype }];

const argument: ShapeRule = (call) => {
  const { shape } = input(call, 0);
  const axis = axisOf(call);
  if (shape[axis] === 0) throw shapeError(call, `axis ${axis} has no elements`);
  return [
    {
      shape: withoutAxis(shape, axis),
      dtype: dtypeAttribute(call, "output_type", "int64"),
    },
  ];
};

export const reduction: ShapeRules = {
  ...forAll("Sum Mean Prod Max Min", reduce()),
  ...forAll("All Any", reduce("bool")),
  ...forAll("ArgMax ArgMin", argument),
  ...forAll("Cumsum Cumprod", (call) => {
    axisOf(call);
    return [input(call, 0)];
  }),
  TopKV2: (call) => {
    const { shape, dtype } = input(call, 0);
    const top = [...shape.slice(0, -1), constantInt(call, 1)];
    return [
      { shape: top, dtype },
      { shape: top, dtype: "int32" },
    ];
  },
  UnsortedSegmentSum: (call) => {
    const { shape, dtype } = input(call, 0);
    return [{ shape: [constantInt(call, 2), ...shape.slice(input(call, 1).shape.length)], dtype }];
  },
  Bincount: (call) => [{ shape: [constantInt(call, 1)], dtype: input(call, 2).dtype }],
};

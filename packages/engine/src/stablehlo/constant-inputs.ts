/** Inputs that shape a program: it is compiled for their values, not for their shapes alone. */

const at: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
  (
    [
      [
        "Sum Mean Prod Max Min All Any ArgMax ArgMin Cumsum Cumprod OneHot Reshape ExpandDims Transpose BroadcastTo Pad PadV2 " +
          "Tile ReverseV2",
        [1],
      ],
      ["Slice SplitV", [1, 2]],
      ["StridedSlice", [1, 2, 3]],
      ["GatherV2 UnsortedSegmentSum ScatterNd", [2]],
      ["Fill", [0]],
      ["Range LinSpace", [0, 1, 2]],
    ] as const
  ).flatMap(([names, indices]) => names.split(" ").map((name) => [name, indices])),
);

/** Indices of the inputs whose values the rules read. */
export function constantInputs(op: string, numInputs: number): readonly number[] {
  return op === "ConcatV2" ? [numInputs - 1] : (at[op] ?? []);
}

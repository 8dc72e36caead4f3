import assert from "node:assert/strict";
import { test } from "node:test";
import { swingsFrame } from "../../src/notebook";

const evaluation = (step: number, weights: "live" | "ema", solved: number) => ({
  step,
  weights,
  solved,
  seconds: step,
  count: 100,
  cells: solved,
  halting: 1,
});

test("the largest fall of a run is from one evaluation to the next, for each kind of weights by itself", () => {
  const evaluations = [
    evaluation(10, "live", 0.5),
    evaluation(10, "ema", 0.25),
    evaluation(20, "live", 0.875),
    evaluation(20, "ema", 0.5),
    evaluation(30, "live", 0.125),
    evaluation(30, "ema", 0.75),
  ];
  assert.deepEqual(
    swingsFrame({ variants: [{ variant: { name: "a" }, runs: [{ seed: 2, evaluations }] }] }),
    [
      { variant: "a", seed: 2, weights: "live", "largest fall %": 75, "best %": 87.5, "end %": 12.5 },
      { variant: "a", seed: 2, weights: "ema", "largest fall %": 0, "best %": 75, "end %": 75 },
    ],
  );
});

test("weights that were not evaluated have no row", () => {
  const runs = [{ seed: 1, evaluations: [evaluation(10, "ema", 0.5)] }];
  const rows = swingsFrame({ variants: [{ variant: { name: "a" }, runs }] });
  assert.deepEqual(
    rows.map(({ weights }) => weights),
    ["ema"],
  );
});

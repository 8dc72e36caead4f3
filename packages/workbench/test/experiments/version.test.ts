import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { startEngine } from "tfjs-compile";
import type { RunConfigChanges } from "../../src/config";
import { RESULTS_VERSION } from "../../src/experiments";
import { readEvaluations, readSteps, runTraining } from "../../src/runs";
import { scratchFolder, tinyRun } from "../runs/support";

/** The version of results that the numbers below belong to. */
const VERSION = 1;

/** A few steps of runs that between them use most of what decides a result: losses by step, and cells right at the end. */
const known: [what: string, changes: RunConfigChanges, losses: number[], cells: number][] = [
  [
    "the paper's TRM, MLP mixer",
    {},
    [1.86701, 1.85518, 1.89379, 1.80053, 1.762, 1.80972, 1.79782, 1.9139],
    0.1992,
  ],
  [
    "HRM's recursion, two networks, attention, continue loss",
    {
      model: {
        mixer: "attention",
        heads: 2,
        positions: "rope",
        recursion: "one-step",
        networks: 2,
        halting: "continue",
        n: 2,
      },
    },
    [1.7173, 1.67767, 1.66823, 1.53306, 1.56902, 1.52314, 1.49436, 1.52471],
    0.2422,
  ],
  [
    "mixture of experts, softmax loss, mazes",
    {
      data: { kind: "maze", size: 7, minLength: 4, train: 30, test: 10, seed: 2 },
      model: { experts: 4, expertsPerToken: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 },
      training: { loss: "softmax" },
    },
    [2.09197, 2.02217, 1.97711, 1.59617, 1.71119, 1.77144, 1.31988, 1.4647],
    0.251,
  ],
];

before(() => startEngine());

for (const [what, changes, losses, cells] of known) {
  test(`what is stored is what the code trains to: ${what}`, async () => {
    const config = tinyRun({
      ...changes,
      training: { totalSteps: 8, ...changes.training },
      evaluation: { every: 0 },
    });
    const folder = join(scratchFolder(), "run");
    await runTraining(config, { folder });
    const now = readSteps(folder).loss.map((loss) => Number(loss.toPrecision(6)));
    const end = readEvaluations(folder)[0].cells;
    assert.equal(RESULTS_VERSION, VERSION, "RESULTS_VERSION was raised: put today's numbers here");
    const isSame =
      now.length === losses.length && now.every((loss, i) => Math.abs(loss / losses[i] - 1) < 1e-3);
    assert.ok(
      isSame && Math.abs(end - cells) < 0.03,
      `this configuration trains to something else than before: if that is meant, raise RESULTS_VERSION in ` +
        `lib/src/experiments/version.ts, and put today's numbers here: ${JSON.stringify(now)}, ${end}`,
    );
  });
}

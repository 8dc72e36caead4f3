import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { sudokuDataset } from "trm/batches";
import { tinyTask } from "../../../../lib/test/trainer/support";
import type { RunConfigChanges } from "../../src/config";
import { writeDatasetFolder } from "../../src/data";
import { type ExperimentResult, experimentResult, planExperiment } from "../../src/experiments";
import { trainVariant } from "../../src/notebook";
import { readEvaluations, runTraining } from "../../src/runs";
import { emptyStore, tinyExperiment } from "../experiments/support";
import { scratchFolder } from "../runs/support";

before(() => startEngine());

function planned(changes: RunConfigChanges): ExperimentResult {
  const experiment = tinyExperiment([{ name: "TRM", changes: {} }], changes);
  return experimentResult(experiment, "smoke", planExperiment(experiment, { budget: "smoke", seeds: 1 }));
}

/** Two dataset folders, whose test sets count as one. */
function folders(): string[] {
  const scratch = scratchFolder();
  return ["a", "b"].map((name) => {
    const train = sudokuDataset(tinyTask.puzzles.train, { box: [2, 2], name: "train" });
    writeDatasetFolder(join(scratch, name), { train, test: tinyTask.test });
    return join(scratch, name);
  });
}

test("a variant of one's own is evaluated with every setting that a run in a process of its own honours", async (context) => {
  context.mock.method(console, "log", () => {});
  emptyStore();
  const tensors = tf.memory().numTensors;
  const cases: [changes: RunConfigChanges, steps: number[], counts: number][] = [
    // A share is rounded, and never 0 steps.
    [{ training: { totalSteps: 6 }, evaluation: { every: 0.4 } }, [2, 4, 6], 16],
    [{ training: { totalSteps: 3 }, evaluation: { every: 0.1 } }, [1, 2, 3], 16],
    [{ training: { totalSteps: 3 }, evaluation: { every: 0 } }, [3], 16],
    [{ training: { totalSteps: 2 }, evaluation: { weights: ["live", "ema"] } }, [2, 2], 16],
    [{ training: { totalSteps: 2 }, evaluation: { limit: 9, batchSize: 4, supervisionSteps: 5 } }, [2], 9],
    [
      { data: { kind: "folder", paths: folders(), epochs: 1 }, model: { puzzleEmbLen: 1 } },
      // Two sets of 64 puzzles, 8 at a time; evaluated every 10 of them, and at the end.
      [10, 16],
      48,
    ],
  ];
  for (const [changes, steps, count] of cases) {
    const result = planned(changes);
    const { config } = result.variants[0]!;
    const folder = join(scratchFolder(), "run");
    await runTraining(config, { folder });
    const { variants } = await trainVariant(result, "the same", {});
    const [run] = variants.at(-1)!.runs;
    const numbers = (rows: readonly object[]) => rows.map((row) => ({ ...row, seconds: 0 }));
    assert.deepEqual(numbers(run!.evaluations), numbers(readEvaluations(folder)));
    assert.deepEqual(
      run!.evaluations.map(({ step }) => step),
      steps,
    );
    assert.ok(run!.evaluations.every((evaluation) => evaluation.count === count));
    assert.ok(run!.facts.seconds > 0 && run!.facts.parameters > 1000);
  }
  assert.equal(tf.memory().numTensors, tensors);
});

test("a variant of one's own whose loss becomes NaN says so", async (context) => {
  context.mock.method(console, "log", () => {});
  emptyStore();
  const result = planned({ training: { learningRate: 1e38, warmupSteps: 0 } });
  await assert.rejects(trainVariant(result, "wild", {}), /the loss became NaN at step \d+/);
});

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { testBatches } from "trm/batches";
import type { ModelConfig } from "trm/model";
import { createRandom } from "trm/random";
import { createReasoner, think, toTensors } from "trm/trainer";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import { latentChanges } from "../../src/analysis";

before(() => startEngine());

/** The latents' names in the order of their updates in one supervision step. */
function updates(changes: Partial<ModelConfig>): string {
  const model = tinyModel(changes);
  const params = model.init(createRandom(1));
  const seen = latentChanges(model, params, tinyTask.test, { puzzles: 4, supervisionSteps: 1 });
  return seen.map(({ latent }) => latent).join(" ");
}

test("every pass through the network is told, in its order, with the latent that it updates", () => {
  assert.equal(updates({ n: 2, T: 2 }), "z z y z z y");
  assert.equal(updates({ n: 2, T: 2, recursion: "one-step" }), "z z y z z y");
  assert.equal(updates({ n: 2, T: 1, recursion: "single-latent" }), "z z z");
  assert.equal(updates({ n: 3, T: 1, recursion: "many-latents" }), "z1 z2 z3 y");
  assert.equal(updates({ n: 1, T: 1, recursion: "direct" }), "y");
});

test("a change is the distance to the latent before, relative to its size", async () => {
  const model = tinyModel({ n: 1, T: 1 });
  const params = model.init(createRandom(1));
  const tensors = tf.memory().numTensors;
  const seen = latentChanges(model, params, tinyTask.test, { puzzles: 4, supervisionSteps: 2 });
  assert.equal(tf.memory().numTensors, tensors, "its tensors are freed");

  // With one update of each, the latents between supervision steps are all there are.
  const reasoner = createReasoner(model, "float32");
  const batch = toTensors(testBatches(tinyTask.test, 4).next().value!);
  const start = reasoner.start(params, batch);
  let before = { z: start.z.arraySync(), y: start.y.arraySync() };
  for await (const { step, output } of think(reasoner, params, batch, 2)) {
    const after = { z: output.latents.z.arraySync(), y: output.latents.y.arraySync() };
    for (const latent of ["z", "y"] as const) {
      const expected = meanChange(before[latent], after[latent]);
      const told = seen.find((change) => change.latent === latent && change.supervisionStep === step + 1);
      assert.ok(Math.abs(told!.change - expected) < 1e-5, `${latent}: ${told?.change}, expected ${expected}`);
    }
    before = after;
  }
  reasoner.dispose();
});

test("more puzzles than there are is an error that says so", () => {
  const model = tinyModel();
  const params = model.init(createRandom(1));
  assert.throws(
    () => latentChanges(model, params, tinyTask.test, { puzzles: 25 }),
    /has 24 puzzles, fewer than 25/,
  );
});

function meanChange(before: number[][][], after: number[][][]): number {
  const size = (values: number[]) => Math.hypot(...values);
  const changes = before.map((row, i) => {
    const [old, now] = [row.flat(), after[i].flat()];
    return size(now.map((value, j) => value - old[j])) / size(old);
  });
  return changes.reduce((a, b) => a + b, 0) / changes.length;
}

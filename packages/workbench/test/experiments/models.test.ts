import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { disposeTree, startEngine } from "tfjs-compile";
import { createReasoner, evaluate } from "trm/trainer";
import { parseRunConfig } from "../../src/config";
import { readFacts, readScores, writeFacts, writeModel } from "../../src/experiments";
import { loadModel, modelNames, modelsFolder, readWeights } from "../../src/official";
import { firstExamples, openRunData, runEnvironment, runTraining } from "../../src/runs";
import { storedConfig } from "../../src/runs/resume";
import { scratchFolder, tinyRun } from "../runs/support";

const folder = scratchFolder();

before(() => startEngine());

/** Held-out puzzles that are asked again. */
const ASKED = 48;

for (const name of modelNames()) {
  test(`the model ${name} of the project scores what its folder says`, async () => {
    const place = join(modelsFolder, name);
    assert.ok(statSync(join(place, "weights.safetensors")).size <= 2_000_000);
    const { model, params, precision, stored } = loadModel(name);
    const config = storedConfig(join(place, "config.json"));
    assert.deepEqual(parseRunConfig(stored.config), config);
    assert.equal(stored.step, readFacts(place).step);
    const { solvedBySteps } = readScores(place);
    const { supervisionSteps } = model.config;
    assert.equal(solvedBySteps.length, 4 * supervisionSteps);

    const data = await openRunData(config.data);
    const reasoner = createReasoner(model, precision);
    const asked = firstExamples(data.test, ASKED);
    const { solved, count } = await evaluate(reasoner, params, asked, { batchSize: ASKED });
    const stated = solvedBySteps[supervisionSteps - 1];
    // Three standard deviations of a sample, and one puzzle for rounding on another machine.
    const tolerance = 3 * Math.sqrt((stated * (1 - stated)) / count) + 1 / count;
    assert.ok(Math.abs(solved - stated) <= tolerance, `${solved} of ${count} solved, ${stated} stated`);
    data.close();
    reasoner.dispose();
    disposeTree(params);
  });
}

test("a finished run becomes a model: its averaged weights, configuration, facts and scores", async () => {
  const run = join(folder, "run");
  const config = tinyRun({ training: { totalSteps: 4 } });
  const result = await runTraining(config, { folder: run });
  const model = join(folder, "models", "tiny");
  await assert.rejects(writeModel(run, model), /run is not a finished run: finish it with .*--resume/);
  const { step, seconds, processorSeconds, parameters } = result;
  writeFacts(run, config, { step, seconds, processorSeconds, parameters, ...runEnvironment() });
  const scores = await writeModel(run, model);
  assert.deepEqual(readScores(model), scores);
  assert.deepEqual([scores.count, scores.solvedBySteps.length], [16, 12]);
  assert.equal(scores.solvedBySteps[2], result.evaluations.at(-1)?.solved);
  const [ofModel, ofRun] = [readWeights(model), readWeights(run)];
  assert.deepEqual(ofModel.tensors, ofRun.tensors);
  assert.deepEqual([ofModel.model, ofModel.config, ofModel.step], [ofRun.model, config, 4]);
});

test("a model of more than 2 MB is refused, and nothing is left of it", async () => {
  const run = join(folder, "large");
  const config = tinyRun({ model: { hiddenSize: 288 }, training: { totalSteps: 1 } });
  const { step, seconds, processorSeconds, parameters } = await runTraining(config, { folder: run });
  writeFacts(run, config, { step, seconds, processorSeconds, parameters, ...runEnvironment() });
  const model = join(folder, "models", "large");
  await assert.rejects(writeModel(run, model), /large: its weights have \d+ bytes; .* at most 2000000/);
  assert.ok(!existsSync(model));
});

test("an unknown name is refused with the nearest model", () => {
  assert.throws(() => loadModel("sudoku-6x7"), /sudoku-6x7 does not exist, .*; did you mean sudoku-6x6\?/);
});

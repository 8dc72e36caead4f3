import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { startEngine } from "tfjs-compile";
import { evaluate } from "trm/trainer";
import { experimentResult, loadRun, planExperiment, type StoredRun } from "../../src/experiments";
import { publishRuns } from "../../src/experiments/publish";
import { emptyStore, rowsOf, tinyExperiment, trained } from "./support";

before(() => startEngine());

const experiment = tinyExperiment([{ name: "TRM", changes: { evaluation: { weights: ["live", "ema"] } } }], {
  training: { totalSteps: 20 },
});

test("a run that is stored comes back as it was trained, with what it was computed with", async () => {
  const store = emptyStore();
  const { result, outcomes } = await trained(experiment);
  assert.equal(outcomes.size, 1);
  const [run] = result.variants[0].runs;
  assert.deepEqual([run.folder, run.published, run.seed], [join(store, run.hash), false, 0]);
  assert.deepEqual(run.config, result.variants[0].config);
  assert.equal(run.steps.step.length, 20);
  assert.ok(run.steps.loss.every((loss) => loss > 0));
  assert.deepEqual(
    run.evaluations.map(({ step, weights, count }) => [step, weights, count]),
    [10, 20].flatMap((step) => ["live", "ema"].map((weights) => [step, weights, 16])),
  );
  const { facts } = run;
  assert.deepEqual([facts.step, facts.precision, facts.engine], [20, "float32", "tensorflow"]);
  assert.ok(facts.parameters > 1000 && facts.seconds > 0 && facts.versions.node === process.versions.node);

  const again = await trained(experiment);
  assert.deepEqual([again.result, again.outcomes.size], [result, 0]);

  const { reasoner, params, data } = await loadRun(run);
  const { solved, cells } = await evaluate(reasoner, params, data.test[0], { batchSize: 8 });
  const last = run.evaluations.at(-1)!;
  assert.deepEqual([last.solved, last.cells], [solved, cells]);
  reasoner.dispose();
  data.close();
});

test("published runs have no weights; they stand beside one's own, and in their place where there is none", async () => {
  const store = emptyStore();
  const { result } = await trained(experiment);
  const [own] = result.variants[0].runs;
  const [folder] = publishRuns([own]);
  assert.equal(folder, join(store, "published", own.hash));
  assert.deepEqual(readdirSync(folder).sort(), ["config.json", "evaluations.csv", "facts.json", "steps.csv"]);

  const copied = (await trained(experiment)).result.variants[0];
  assert.deepEqual([copied.runs, copied.published], [[own], []], "a copy does not stand beside its original");
  const both = (await trained(experiment, { since: Date.now() })).result.variants[0];
  assert.deepEqual(
    [both.runs, both.published].map((runs) => runs.map(({ folder }) => folder)),
    [[own.folder], [folder]],
  );
  assert.deepEqual(both.published[0].evaluations, own.evaluations);
  assert.deepEqual(both.published[0].facts, own.facts);
  assert.deepEqual(publishRuns(both.published), [], "those that are published stay as they are");

  // As after a clone.
  const clone = emptyStore();
  cpSync(folder, join(clone, "published", own.hash), { recursive: true });
  const plan = planExperiment(experiment, { budget: "smoke", seeds: 1 });
  const cloned = experimentResult(experiment, "smoke", plan).variants[0];
  assert.deepEqual(
    cloned.runs.map(({ published }) => published),
    [true],
  );
  assert.equal((await trained(experiment)).outcomes.size, 0);
  await assert.rejects(loadRun(cloned.runs[0]), /has no weights: ask runExperiment for runs with/);
  const withWeights = await trained(experiment, { weights: true });
  assert.equal(withWeights.outcomes.size, 1, "weights are trained though the metrics are there");
  assert.deepEqual(rowsOf(join(clone, own.hash), "evaluations"), rowsOf(own.folder, "evaluations"));
});

test("a published run takes little room: at most 1000 steps, to four digits, the last one among them", async () => {
  emptyStore();
  const { result } = await trained(experiment);
  const [run] = result.variants[0].runs;
  const step = Array.from({ length: 2002 }, (_, i) => i + 1);
  const steps = Object.fromEntries(Object.keys(run.steps).map((name) => [name, step.map((i) => i / 3)]));
  const long: StoredRun = { ...run, steps: { ...steps, step } as unknown as StoredRun["steps"] };
  const [folder] = publishRuns([long]);
  const lines = readFileSync(join(folder, "steps.csv"), "utf8").trim().split("\n");
  assert.ok(lines.length <= 1001 && lines.length > 600);
  assert.match(lines.at(-1)!, /^2002,667\.3,/);
});

test("a damaged file of a stored run is named, with what is wrong in it", async () => {
  const store = emptyStore();
  const { result } = await trained(experiment);
  const { hash } = result.variants[0].runs[0];
  const whole = join(store, hash);
  const damages: [file: string, damage: (text: string) => string, error: RegExp][] = [
    ["config.json", () => "{", /config\.json: this is not JSON/],
    ["config.json", (text) => text.replace('"n": 1', '"n": 0'), /config\.json: model\.n is 0; it must be/],
    [
      "config.json",
      (text) => text.replace('"n": 1', '"n": 2'),
      /config\.json: model\.n is 2, and the run of this hash has 1; remove/,
    ],
    ["facts.json", (text) => text.replace(/"seconds": .*,/, ""), /facts\.json, field seconds: it is missing/],
    [
      "facts.json",
      (text) => text.replace('"step": 20', '"step": 30'),
      /tells of 30 steps, and the last evaluation .* of step 20; remove/,
    ],
    [
      "evaluations.csv",
      (text) => `${text.split("\n")[0]}\n`,
      /last evaluation of averaged weights is missing/,
    ],
    [
      "evaluations.csv",
      (text) => text.replace("live", "dead"),
      /evaluations\.csv:2: weights are live or ema, not "dead"/,
    ],
    [
      "evaluations.csv",
      (text) => text.replace("step,", "steps,"),
      /evaluations\.csv:1: the first line is not "step,/,
    ],
    ["steps.csv", (text) => text.replace("\n2,", "\ntwo,"), /steps\.csv:3: step is no number: "two"/],
    ["steps.csv", (text) => text.replace(/\n3,.*/, "\n3,1"), /steps\.csv:4: it has 2 cells, not 9/],
  ];
  for (const [file, damage, error] of damages) {
    const folder = join(emptyStore(), hash);
    cpSync(whole, folder, { recursive: true });
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    assert.notEqual(damage(text), text, file);
    writeFileSync(path, damage(text));
    await assert.rejects(trained(experiment), error);
    assert.ok(existsSync(path), "it is left for people to look at");
  }
});

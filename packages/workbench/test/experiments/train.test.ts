import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { planExperiment, type RunEvent } from "../../src/experiments";
import { emptyStore, rowsOf, tensorsOf, tinyExperiment, trained } from "./support";

const names = (runs: Iterable<{ name: string }>) => [...runs].map(({ name }) => name);

test("a configuration that several variants or experiments share is trained once", async () => {
  const store = emptyStore();
  const depth = tinyExperiment([
    { name: "n = 1", changes: {} },
    { name: "n = 2", changes: { model: { n: 2 } } },
    { name: "also n = 1", changes: { model: { n: 1 }, checkpoints: { keep: 1 } } },
  ]);
  const first = await trained(depth, { seeds: 2 });
  assert.deepEqual(names(first.outcomes.keys()).sort(), [
    "n = 1, seed 0",
    "n = 1, seed 1",
    "n = 2, seed 0",
    "n = 2, seed 1",
  ]);
  const [one, two, also] = first.result.variants;
  assert.deepEqual(one.runs, also.runs);
  assert.deepEqual(
    [one, two].map(({ runs }) => runs.map(({ seed }) => seed)),
    [
      [0, 1],
      [0, 1],
    ],
  );
  assert.notDeepEqual(one.runs[0].steps.loss, one.runs[1].steps.loss, "seeds differ");
  assert.equal(readdirSync(store).length, 4);

  const other = { ...tinyExperiment([{ name: "plain", changes: {} }]), name: "other" };
  const second = await trained(other, { seeds: 2 });
  assert.equal(second.outcomes.size, 0);
  assert.deepEqual(second.result.variants[0].runs, one.runs);
});

test("interrupted and gone on with, a run ends like one that never stopped, bit for bit", async () => {
  const experiment = tinyExperiment([{ name: "TRM", changes: {} }], {
    training: { totalSteps: 200 },
    evaluation: { every: 50 },
    checkpoints: { every: 20, keep: 2 },
  });
  const whole = emptyStore();
  await trained(experiment);
  const cut = emptyStore();
  const stop = new AbortController();
  const stopped = await trained(experiment, {
    signal: stop.signal,
    onEvent: (_run, event: RunEvent) => {
      if (event.event === "step" && event.step === 30) stop.abort();
    },
  });
  assert.deepEqual([...stopped.outcomes.values()], [{ interrupted: true }]);
  assert.deepEqual(stopped.result.variants[0].runs, []);
  const [hash] = readdirSync(cut);
  assert.equal(existsSync(join(cut, hash, "facts.json")), false);
  assert.ok(readdirSync(join(cut, hash, "checkpoints")).length > 0);

  let firstStep: number | undefined;
  const resumed = await trained(experiment, {
    onEvent: (_run, event: RunEvent) => {
      if (event.event === "step") firstStep ??= event.step;
    },
  });
  assert.ok(firstStep !== undefined && firstStep > 30, "it did not begin again");
  assert.equal(resumed.result.variants[0].runs.length, 1);
  const [a, b] = [cut, whole].map((store) => join(store, hash));
  assert.deepEqual(tensorsOf(a), tensorsOf(b));
  assert.deepEqual(rowsOf(a, "steps"), rowsOf(b, "steps"));
  assert.deepEqual(rowsOf(a, "evaluations"), rowsOf(b, "evaluations"));
});

test("fresh runs are trained anew once, and not again by those that ask since the same moment", async () => {
  emptyStore();
  const experiment = tinyExperiment([{ name: "TRM", changes: {} }]);
  const old = await trained(experiment);
  const since = Date.now();
  const anew = await trained(experiment, { since });
  assert.equal(anew.outcomes.size, 1);
  const [before, after] = [old, anew].map(({ result }) => result.variants[0].runs[0]);
  assert.ok(Date.parse(after.facts.date) >= since && Date.parse(before.facts.date) < since);
  assert.deepEqual(
    after.evaluations.map(({ cells }) => cells),
    before.evaluations.map(({ cells }) => cells),
  );
  assert.equal((await trained(experiment, { since })).outcomes.size, 0);
});

test("a run that fails is named, and the others train", async () => {
  emptyStore();
  const experiment = tinyExperiment([
    {
      name: "nowhere",
      changes: { data: { kind: "csv", train: "no/such.csv", test: "no/such.csv", box: "2x2" } },
    },
    { name: "good", changes: {} },
  ]);
  const { result, outcomes } = await trained(experiment);
  const [[bad, outcome]] = outcomes;
  assert.equal(bad.name, "nowhere, seed 0");
  assert.match("error" in outcome ? outcome.error : "", /no\/such\.csv/);
  assert.deepEqual(
    result.variants.map(({ runs }) => runs.length),
    [0, 1],
  );
});

test("an experiment that cannot work is refused by name before anything trains", () => {
  const plan = (variants: Parameters<typeof tinyExperiment>[0], chosen?: string[]) => () =>
    planExperiment(tinyExperiment(variants), {
      budget: "smoke",
      seeds: 1,
      ...(chosen && { variants: chosen }),
    });
  const trm = { name: "TRM", changes: {} };
  assert.throws(plan([trm, trm]), /experiment tiny: two variants are called "TRM"/);
  assert.throws(plan([trm], ["TMR"]), /experiment tiny has no variant "TMR"; did you mean TRM\?/);
  assert.throws(
    plan([{ name: "none", changes: { model: { n: 0 } } }]),
    /experiment tiny, variant "none": model\.n is 0; it must be/,
  );
  assert.throws(
    plan([{ name: "live", changes: { evaluation: { weights: ["live"] } } }]),
    /variant "live": evaluation\.weights must name ema/,
  );
});

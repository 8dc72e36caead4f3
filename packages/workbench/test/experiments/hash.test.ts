import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseRunConfig, type RunConfig, type RunConfigChanges } from "../../src/config";
import { publishedFolder, runHash } from "../../src/experiments";
import { projectFolder } from "../../src/files";
import { tinyRun } from "../runs/support";
import { changed } from "./support";

const config = tinyRun();

test("the hash is the same on every machine and day", () => {
  assert.equal(runHash(config), "cb4c06ec6982");
  const reordered = Object.fromEntries(
    Object.entries(config)
      .reverse()
      .map(([section, fields]) => [section, Object.fromEntries(Object.entries(fields).reverse())]),
  ) as unknown as RunConfig;
  assert.equal(runHash(reordered), runHash(config));
});

test("whatever decides weights or metrics changes it", () => {
  const others = [
    changed(config, "training", { seed: 1 }),
    changed(config, "training", { learningRate: 2e-3 }),
    changed(config, "model", { n: 2 }),
    changed(config, "data", { seed: 6 } as RunConfigChanges["data"] as Partial<RunConfig["data"]>),
    changed(config, "evaluation", { every: 5 }),
    changed(config, "evaluation", { weights: ["live", "ema"] }),
    changed(config, "evaluation", { supervisionSteps: 5 }),
    changed(config, "evaluation", { limit: 5 }),
    changed(config, "metrics", { every: 2 }),
  ];
  assert.equal(new Set([config, ...others].map(runHash)).size, others.length + 1);
});

test("what only changes where, how often and how fast does not", () => {
  for (const same of [
    changed(config, "checkpoints", { every: 1, keep: 9 }),
    changed(config, "metrics", { format: "jsonl", tensorboard: true }),
    changed(config, "evaluation", { batchSize: 3 }),
  ]) {
    assert.equal(runHash(same), runHash(config));
  }
});

test("a field at its default and one that is not there are the same, so that new fields keep old runs", () => {
  const { halting: _, ...older } = config.model;
  assert.equal(runHash({ ...config, model: older } as RunConfig), runHash(config));
});

test("the published runs keep their hashes", () => {
  const folders = readdirSync(publishedFolder());
  assert.ok(folders.length > 90, `${folders.length} runs`);
  for (const folder of folders) {
    const text = readFileSync(join(publishedFolder(), folder, "config.json"), "utf8");
    assert.equal(runHash(parseRunConfig(JSON.parse(text))), folder);
  }
});

test("a number of clues changes the hash", () => {
  const data = { ...config.data, clues: 8 } as RunConfigChanges["data"] as Partial<RunConfig["data"]>;
  assert.notEqual(runHash(changed(config, "data", data)), runHash(config));
});

test("data inside the project is named from its folder, wherever that is", () => {
  const csv = (folder: string) =>
    parseRunConfig({
      ...config,
      data: { kind: "csv", train: join(folder, "data/train.csv"), test: join(folder, "data/test.csv") },
    });
  assert.equal(runHash(csv(projectFolder)), runHash(csv("")));
  assert.notEqual(runHash(csv("/elsewhere")), runHash(csv("")));
});

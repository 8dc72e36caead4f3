import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { runParity } from "../../src/official";

const official = join(__dirname, "../../../../lib/test/fixtures", "official");
const scratch = mkdtempSync(join(tmpdir(), "parity-"));

before(() => startEngine());
after(() => rmSync(scratch, { recursive: true }));

test("every golden run of the official code is repeated within the tolerances, and nothing leaks", async () => {
  const before = tf.memory().numTensors;
  const results = await runParity(official);
  assert.equal(results.length, 12);
  for (const { name, passed, errors, problem } of results) {
    assert.ok(passed, `${name}: ${problem ?? JSON.stringify(errors)}`);
  }
  assert.equal(tf.memory().numTensors, before);
});

test("a run that differs is found out, and an unknown model kind is named", async () => {
  const folder = join(scratch, "changed");
  cpSync(join(official, "trm_mlp"), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const write = (change: object) =>
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...change }));

  write({ train: { ...config.train, weight_decay: 0.5 } });
  const [changed] = await runParity(scratch);
  assert.equal(changed.passed, false);
  assert.ok((changed.errors?.weights ?? 0) > 2e-4);

  write({ model: "trm_hier9" });
  const [unknown] = await runParity(scratch);
  assert.match(unknown.problem ?? "", /no model kind "trm_hier9" here; there are trm, /);
});

test("a folder without cases is refused", async () => {
  await assert.rejects(runParity(join(scratch, "nothing")), /holds no case folder with a config\.json/);
});

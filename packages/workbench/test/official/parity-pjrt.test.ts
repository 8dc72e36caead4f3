import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runInChild } from "../../../engine/test/child";
import { needsPlugin } from "../../../engine/test/pjrt";
import type { ParityResult } from "../../src/official";

test("a PJRT device repeats every golden run of the official code, without TensorFlow", needsPlugin, (t) => {
  const { stdout, stderr, status } = runInChild(
    `await engine.startEngine({ backend: "pjrt" });
     const { runParity } = require(${JSON.stringify(join(__dirname, "..", "..", "src", "official"))});
     const results = await runParity(${JSON.stringify(join(__dirname, "../../../../lib/test/fixtures", "official"))});
     console.log(JSON.stringify({ results, tensors: tf.memory().numTensors }));`,
    // Compiling is all that takes time here; less optimization halves it.
    { XLA_FLAGS: "--xla_backend_optimization_level=0", TRM_TENSORFLOW: "/nowhere" },
  );
  assert.equal(status, 0, stderr);
  const { results, tensors } = JSON.parse(stdout) as { results: ParityResult[]; tensors: number };
  assert.equal(results.length, 12);
  for (const { name, passed, errors, problem } of results) {
    assert.ok(passed, `${name}: ${problem ?? JSON.stringify(errors)}`);
    t.diagnostic(
      `${name}: logits ${errors?.logits.toExponential(1)}, gradients ${errors?.gradients.toExponential(1)}`,
    );
  }
  assert.equal(tensors, 0);
});

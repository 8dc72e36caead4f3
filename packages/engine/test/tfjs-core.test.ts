import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Summary } from "./tfjs-core/run";

test("the test suite of tfjs-core passes on the TensorFlow backend", { timeout: 600_000 }, async (t) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=source", "--import", "tsx", join(__dirname, "tfjs-core", "run.ts")],
    { maxBuffer: 2 ** 28 },
  );
  const { passed, failed, skippedByTfjsNode, skippedByUs } = JSON.parse(stdout) as Summary;
  const skips = skippedByTfjsNode + skippedByUs.length;
  t.diagnostic(
    `tfjs-core: ${passed + failed.length + skips} specs, ${passed} passed, ${failed.length} failed, ` +
      `${skips} skipped (${skippedByTfjsNode} by tfjs-node's own list, ${skippedByUs.length} by ours)`,
  );
  assert.deepEqual(failed, []);
  // The package has more than 4,000; a run that finds far fewer did not load them.
  assert.ok(passed > 3_800, `only ${passed} specs passed`);
});

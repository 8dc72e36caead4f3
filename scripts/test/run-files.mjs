import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { CACHE, ROOT } from "../setup/paths.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** No test file of ours takes longer, so one that does hangs. */
const TIMEOUT_MINUTES = 20;

/**
 * The test files whose path contains `pattern`, relative to the project.
 * @param {string} pattern
 */
export function testFiles(pattern) {
  return ["lib", "packages", "scripts"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules") && file.includes(pattern))
    .sort();
}

/**
 * Runs test files with node's test runner and prints the slowest of them.
 * @param {string[]} files
 * @returns {Counts}
 */
export function runTestFiles(files) {
  const countsFile = join(CACHE, "test-counts.json");
  mkdirSync(CACHE, { recursive: true });
  rmSync(countsFile, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      "--conditions=source",
      "--import=tsx",
      "--import=./packages/workbench/src/engine-variables.ts",
      "--test",
      `--test-concurrency=${Math.max(2, Math.floor(availableParallelism() / 2))}`,
      `--test-timeout=${TIMEOUT_MINUTES * 60_000}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=./scripts/test/counts-reporter.mjs",
      `--test-reporter-destination=${countsFile}`,
      ...files,
    ],
    { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] },
  );
  const counts = readCounts(countsFile);
  // The runner's exit status has the last word: a file can fail outside of any test.
  return status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/** @param {string} file @returns {Counts} */
function readCounts(file) {
  try {
    const { totals, secondsOf } = JSON.parse(readFileSync(file, "utf8"));
    const slowest = Object.entries(secondsOf).sort((a, b) => b[1] - a[1]);
    console.log("\nslowest test files");
    for (const [path, seconds] of slowest.slice(0, 5))
      console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${relative(ROOT, path)}`);
    return {
      passed: totals.pass,
      failed: totals.fail + totals.cancelled,
      skipped: totals.skipped + totals.todo,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // the runner itself died
  }
}

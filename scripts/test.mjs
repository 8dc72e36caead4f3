// `npm test`: set-up, linter, types and every test file; the last line is "N passed, N failed".
// `npm test -- --only PATTERN` runs just the test files whose path contains PATTERN.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "./setup/main.mjs";
import { npmIsFresh } from "./setup/npm.mjs";
import { ROOT } from "./setup/paths.mjs";
import { SetupError, speakTo } from "./setup/say.mjs";
import { installExtras } from "./test/extras.mjs";
import { runTestFiles, testFiles } from "./test/run-files.mjs";

/** @typedef {import("./test/run-files.mjs").Counts} Counts */

const NOTHING_TO_COUNT = { passed: 0, failed: 0, skipped: 0 };
const PASSED = { passed: 1, failed: 0, skipped: 0 };
const FAILED = { passed: 0, failed: 1, skipped: 0 };

const { only } = parseArgs({ options: { only: { type: "string" } } }).values;

/** @type {{ name: string, seconds: number, counts: Counts }[]} */
const parts = [];

await part("set-up", async () => {
  try {
    const say = speakTo(process.stdout);
    await setUp(say);
    await installExtras(say);
    return NOTHING_TO_COUNT;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`set-up: ${error.message}`);
    return FAILED;
  }
});

// A lib that does not compile fails the set-up, and the tests still run.
if (npmIsFresh()) {
  if (only === undefined) {
    await part("biome", () =>
      tool(join("@biomejs", "biome", "bin", "biome"), ["check", "--error-on-warnings"]),
    );
    const tsc = join("typescript", "bin", "tsc");
    await part("types", () => tool(tsc, ["-p", "."]));
    // Stricter than the rest: every index may be out of range.
    await part("types of the engine", () => tool(tsc, ["-p", "packages/engine", "--noEmit"]));
  }
  const files = testFiles(only ?? "");
  if (files.length === 0) console.error(`No test file has "${only ?? ""}" in its path.`);
  await part("tests", () => (files.length === 0 ? FAILED : runTestFiles(files)));
}

summary();

/** @param {string} name @param {() => Counts | Promise<Counts>} work */
async function part(name, work) {
  const start = performance.now();
  const counts = await work();
  parts.push({ name, counts, seconds: (performance.now() - start) / 1000 });
}

/**
 * A check that passes or fails as a whole.
 * @param {string} script inside node_modules
 * @param {string[]} args
 */
function tool(script, args) {
  const { status } = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return status === 0 ? PASSED : FAILED;
}

function summary() {
  const total = { ...NOTHING_TO_COUNT };
  console.log();
  for (const { name, seconds, counts } of parts) {
    console.log(
      `${name.padEnd(8)} ${seconds.toFixed(1).padStart(7)} s  ${counts.failed === 0 ? "ok" : "FAILED"}`,
    );
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

/**
 * Runs the tests that tfjs-core publishes in its package against our backend, and prints one line of JSON about them.
 * It is a process of its own (see `../tfjs-core.test.ts`): the tests reset tfjs's engine and change its global flags.
 */
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { startEngine } from "../../src/backend";
import { skipped } from "./skipped";

/** What this process prints. */
export interface Summary {
  passed: number;
  failed: { name: string; message: string }[];
  /** Left out because tfjs-node's own list, or ours, names them. */
  skippedByTfjsNode: number;
  skippedByUs: string[];
}

/** The tests that tfjs-node leaves out of its own run of this suite, read from its package. */
function tfjsNodeSkips(): string[] {
  const source = readFileSync(require.resolve("@tensorflow/tfjs-node-gpu/dist/run_tests"), "utf8");
  const list = /var IGNORE_LIST = (\[[\s\S]*?\n\]);/.exec(source)?.[1];
  if (list === undefined) throw new Error("tfjs-node's run_tests.js has no IGNORE_LIST any more.");
  return vm.runInNewContext(list) as string[];
}

async function main(): Promise<void> {
  await startEngine({ backend: "tensorflow" });
  const jasmine = require("jasmine-core").boot();
  Object.assign(globalThis, { jasmine });

  const { setTestEnvs } = require("@tensorflow/tfjs-core/dist/jasmine_util");
  setTestEnvs([{ name: "test-tensorflow", backendName: "tensorflow", flags: {}, isDataSync: true }]);
  // The tests import tfjs-core's modules one by one: a second copy of its classes, which needs its own methods.
  require("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops");
  require("@tensorflow/tfjs-core/dist/register_all_gradients");
  require("@tensorflow/tfjs-core/dist/tests");

  const theirs = tfjsNodeSkips();
  const summary: Summary = { passed: 0, failed: [], skippedByTfjsNode: 0, skippedByUs: [] };
  const env = jasmine.getEnv();
  env.configure({
    random: false,
    specFilter(spec: { getFullName(): string }) {
      const name = spec.getFullName();
      if (theirs.some((part) => name.includes(part))) summary.skippedByTfjsNode += 1;
      else if (skipped.some((part) => name.includes(part))) summary.skippedByUs.push(name);
      else return true;
      return false;
    },
  });
  env.addReporter({
    specDone(result: { status: string; fullName: string; failedExpectations: { message: string }[] }) {
      if (result.status === "passed") summary.passed += 1;
      if (result.status !== "failed") return;
      const message = result.failedExpectations.map((expectation) => expectation.message).join("\n");
      summary.failed.push({ name: result.fullName, message });
    },
  });
  // The tests print a lot; what they print says nothing when they pass.
  console.log = console.warn = () => {};
  await env.execute();
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exit(0);
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});

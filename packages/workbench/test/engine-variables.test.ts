import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

/** Runs a program that imports the workbench, as a notebook's kernel does, and gives what it prints. */
function run(env: Record<string, string>, program: string): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=source", "--require", "tsx/cjs", "--eval", program],
    { encoding: "utf8", env: { ...process.env, ...env } },
  );
  assert.equal(stderr, "");
  return stdout;
}

const workbench = JSON.stringify(join(__dirname, "..", "src"));

test("the engine finds its settings under the project's names", () => {
  const printed = run(
    {
      TRM_DEVICE: "tensorflow",
      TRM_COMPILE: "native",
      TRM_TENSORFLOW: "/no/such",
      TRM_PYTHON: "/no/python",
      TRM_PJRT_PLUGIN: "/no/plugin.so",
      TRM_CACHE: "/no/pjrt",
      TRM_NATIVE_CACHE: "/no/native",
      TRM_KEEP_C: "1",
      TRM_AMX: "off",
    },
    `require(${workbench});
     const { backend, compileTo, tensorflow, python, pjrtPlugin, pjrtCache, nativeCache, keepC, amx } =
       require(${JSON.stringify(join(__dirname, "../../engine/src/settings"))}).settings();
     console.log(backend, compileTo, tensorflow, python, pjrtPlugin, pjrtCache, nativeCache, keepC, amx);`,
  );
  assert.equal(printed, "tensorflow native /no/such /no/python /no/plugin.so /no/pjrt /no/native 1 off\n");
});

test("without TensorFlow the message tells the project's command", () => {
  const printed = run(
    { TRM_TENSORFLOW: "/no/such" },
    `require(${workbench}).startEngine({ backend: "tensorflow" }).catch((error) => console.log(error.message));`,
  );
  assert.match(
    printed,
    /\/no\/such: does not exist.*run "npm run setup" in the project, or set .*TRM_PYTHON/,
  );
});

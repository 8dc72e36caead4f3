import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findTensorFlow, processorHasAvx, type Search } from "../src/tensorflow/find-library";

/** The TensorFlow of this project, which everything below finds again in other ways. */
function installed() {
  const { found } = findTensorFlow();
  assert.ok(found, "the project's TensorFlow was not found: run npm run setup");
  return found;
}

function problem(search: Search): string {
  assert.equal(search.found, null);
  return "tried" in search ? search.tried.join("; ") : "";
}

test("TRM_TENSORFLOW may name the package, site-packages, a virtual environment or a Python", () => {
  const { folder } = installed();
  const sitePackages = dirname(folder);
  const venv = join(sitePackages, "..", "..", "..");
  for (const place of [folder, sitePackages, venv, join(venv, "bin", "python")]) {
    assert.deepEqual(findTensorFlow({ TRM_TENSORFLOW: place }), { found: installed() }, place);
  }
});

test("the .venv of a folder above is found, and VIRTUAL_ENV", (t) => {
  const project = mkdtempSync(join(tmpdir(), "trm-find-"));
  t.after(() => rmSync(project, { recursive: true }));
  const venv = join(dirname(installed().folder), "..", "..", "..");
  symlinkSync(venv, join(project, ".venv"));
  mkdirSync(join(project, "notebooks", "deep"), { recursive: true });
  assert.ok(findTensorFlow({}, join(project, "notebooks", "deep")).found);
  assert.ok(findTensorFlow({ VIRTUAL_ENV: venv, PATH: "" }, tmpdir()).found);
});

test("a place that the environment names is the only one looked at, and the reason is given", (t) => {
  const empty = mkdtempSync(join(tmpdir(), "trm-find-"));
  t.after(() => rmSync(empty, { recursive: true }));
  assert.match(problem(findTensorFlow({ TRM_TENSORFLOW: "/no/such" })), /^\/no\/such: does not exist$/);
  assert.match(problem(findTensorFlow({ TRM_TENSORFLOW: empty })), /neither TensorFlow nor a Python/);
  assert.match(problem(findTensorFlow({ TRM_PYTHON: process.execPath })), /is no working Python/);
  assert.match(
    problem(findTensorFlow({ TRM_PYTHON: "no-such-python" })),
    /no-such-python: is no working Python/,
  );
  mkdirSync(join(empty, "tensorflow"));
  writeFileSync(join(empty, "tensorflow", "__init__.py"), "");
  assert.match(problem(findTensorFlow({ TRM_TENSORFLOW: empty })), /has no TensorFlow library for/);
});

test("a processor without AVX is recognised", () => {
  assert.equal(processorHasAvx("model name\t: X\nflags\t\t: fpu sse4_2 avx avx2\nbugs:\n"), true);
  assert.equal(processorHasAvx("model name\t: avx\nflags\t\t: fpu sse4_2 avx_vnni_fake\n"), false);
});

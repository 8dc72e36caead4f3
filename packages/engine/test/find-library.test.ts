import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findTensorFlow, processorHasAvx, type Search } from "../src/tensorflow/find-library";

/** The TensorFlow that is installed here, which everything below finds again in other ways. */
function installed() {
  const { found } = findTensorFlow();
  assert.ok(found, "no TensorFlow was found: install it, or set TFJS_COMPILE_PYTHON");
  return found;
}

function problem(search: Search): string {
  assert.equal(search.found, null);
  return "tried" in search ? search.tried.join("; ") : "";
}

test("the setting tensorflow may name the package, site-packages, a virtual environment or a Python", () => {
  const { folder } = installed();
  const sitePackages = dirname(folder);
  const venv = join(sitePackages, "..", "..", "..");
  for (const place of [folder, sitePackages, venv, join(venv, "bin", "python")]) {
    assert.deepEqual(findTensorFlow({ tensorflow: place }), { found: installed() }, place);
  }
});

test("the .venv of a folder above is found, and VIRTUAL_ENV", (t) => {
  const project = mkdtempSync(join(tmpdir(), "tfjs-compile-find-"));
  t.after(() => rmSync(project, { recursive: true }));
  const venv = join(dirname(installed().folder), "..", "..", "..");
  symlinkSync(venv, join(project, ".venv"));
  mkdirSync(join(project, "some", "deep"), { recursive: true });
  assert.ok(findTensorFlow({}, join(project, "some", "deep")).found);
  const given = process.env.VIRTUAL_ENV;
  process.env.VIRTUAL_ENV = venv;
  t.after(() => {
    if (given === undefined) delete process.env.VIRTUAL_ENV;
    else process.env.VIRTUAL_ENV = given;
  });
  assert.ok(findTensorFlow({}, tmpdir()).found);
});

test("a place that a setting names is the only one looked at, and the reason is given", (t) => {
  const empty = mkdtempSync(join(tmpdir(), "tfjs-compile-find-"));
  t.after(() => rmSync(empty, { recursive: true }));
  assert.match(problem(findTensorFlow({ tensorflow: "/no/such" })), /^\/no\/such: does not exist$/);
  assert.match(problem(findTensorFlow({ tensorflow: empty })), /neither TensorFlow nor a Python/);
  assert.match(problem(findTensorFlow({ python: process.execPath })), /is no working Python/);
  assert.match(problem(findTensorFlow({ python: "no-such-python" })), /no-such-python: is no working Python/);
  mkdirSync(join(empty, "tensorflow"));
  writeFileSync(join(empty, "tensorflow", "__init__.py"), "");
  assert.match(problem(findTensorFlow({ tensorflow: empty })), /has no TensorFlow library for/);
});

test("a processor without AVX is recognised", () => {
  assert.equal(processorHasAvx("model name\t: X\nflags\t\t: fpu sse4_2 avx avx2\nbugs:\n"), true);
  assert.equal(processorHasAvx("model name\t: avx\nflags\t\t: fpu sse4_2 avx_vnni_fake\n"), false);
});

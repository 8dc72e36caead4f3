import assert from "node:assert/strict";
import { test } from "node:test";
import * as ts from "@tslab/typescript-for-tslab";
import { wait } from "../../src/notebook/kernel/cell";
import { expandShorthand, guardAwaits } from "../../src/notebook/kernel/converter";
import { reachedDeclarations } from "../../src/notebook/kernel/names";

test("shorthand properties are written out, and nothing else is touched", () => {
  const expand = (source: string) => expandShorthand(ts, source);
  assert.equal(
    expand("f({ test, of: 3, deep: { test } });"),
    "f({ test: test, of: 3, deep: { test: test } });",
  );
  assert.equal(expand("const f = async () => ({ x, });"), "const f = async () => ({ x: x, });");
  for (const same of [
    "const { a, b = 1 } = c;",
    "({ a = 1 } = b);",
    "// { a }",
    "`{ a }`",
    "const x: { a: 1 } = y",
  ]) {
    assert.equal(expand(same), same);
  }
});

test("what waits can be interrupted, and only code that itself waits is async", () => {
  const guard = (code: string) => guardAwaits(ts, code);
  assert.deepEqual(guard("await (await f(1));\nfor await (const x of g()) h(x);"), {
    code: "await __kernel__.wait((await __kernel__.wait(f(1))));\nfor await (const x of __kernel__.waitEach(g())) h(x);",
    isAsync: true,
  });
  assert.deepEqual(guard("const f = async () => { await g(); }; // await"), {
    code: "const f = async () => { await __kernel__.wait(g()); }; // await",
    isAsync: false,
  });
  assert.deepEqual(guard("f(1);"), { code: "f(1);", isAsync: false });
});

test("of a failed cell remain its types, and its names that have got a value", () => {
  const source =
    "import a from 'a'; type T = 1; const b = 1, c = f(); let { d, e } = b; function f() {} class G {} h();";
  const has = (...names: string[]) => reachedDeclarations(ts, source, (name) => names.includes(name));
  assert.deepEqual(has("b", "d", "f"), [
    "import a from 'a';",
    "type T = 1;",
    "const b = 1;",
    "function f() {}",
  ]);
  assert.deepEqual(has("d", "e").at(-1), "let { d, e } = b;");
});

test("a promise that fails while a cell lets messages in is not called unhandled", async () => {
  // The first wait of a process always breathes; the runner fails a test that leaves a rejection unhandled.
  await assert.rejects(async () => wait(Promise.reject(new Error("soon"))), /soon/);
});

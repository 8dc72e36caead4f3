import assert from "node:assert/strict";
import { test } from "node:test";
import { sentenceOf } from "trm-workbench/files";

test("a folder that cannot be made, and what is too large for memory, are sentences", () => {
  // What Node reports of `mkdir -p` below a read-only file system.
  const readOnly = Object.assign(new Error("ENOENT: no such file or directory, mkdir 'ro/r'"), {
    code: "ENOENT",
    syscall: "mkdir",
    path: "ro/r",
  });
  assert.equal(sentenceOf(readOnly), "ro/r cannot be made: the folder above it is missing or read-only");
  const tooLarge: (() => unknown)[] = [
    () => new Uint8Array(1e15),
    () => new Array(-1),
    () => "x".repeat(2 ** 30),
    () => Array.from({ length: 2 ** 33 }),
  ];
  for (const make of tooLarge) {
    try {
      make();
      assert.fail("it could be made");
    } catch (error) {
      assert.match(sentenceOf(error), /^out of memory \(.+\): something that was asked for is too large/);
    }
  }
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { projectFolder } from "../../src/files/paths";
import { findSource } from "../../src/notebook";

const read = (file: string) => readFileSync(join(projectFolder, file), "utf8");

describe("findSource", () => {
  it("finds a function with its doc comment, exactly as it stands in its file", () => {
    const { file, line, code } = findSource("haltingFigure");
    assert.equal(file, "packages/workbench/src/figures/halting.ts");
    assert.ok(code.startsWith("/** The share of sequences"), code);
    assert.ok(code.endsWith("\n}"), code);
    assert.ok(read(file).includes(code));
    assert.equal(read(file).split("\n")[line - 1], code.split("\n")[0]);
  });

  it("finds types, constants and whole files too", () => {
    assert.match(findSource("HaltingCounts").code, /export interface HaltingCounts \{/);
    assert.match(findSource("figures/theme.ts#colors").code, /export const colors = \{/);
    assert.equal(
      findSource("figures/halting.ts").code,
      read("packages/workbench/src/figures/halting.ts").trimEnd(),
    );
  });

  it("says which files to choose from where a name is not unique", () => {
    assert.throws(
      () => findSource("count"),
      /declared in several files.*"data\/folder\.ts#count".*"text\/numbers\.ts#count"/,
    );
    assert.equal(findSource("text/numbers.ts#count").file, "packages/workbench/src/text/numbers.ts");
  });

  it("says what is missing", () => {
    assert.throws(() => findSource("noSuchThing"), /the library declares no noSuchThing/);
    assert.throws(() => findSource("figures/none.ts"), /the library has no file figures\/none\.ts/);
    assert.throws(() => findSource("figures/theme.ts#none"), /declares no none in figures\/theme\.ts/);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startEngine } from "tfjs-compile";
import type { Figure } from "../../src/figures";
import { watchThinking } from "../../src/notebook/watch-thinking";

describe("watchThinking", () => {
  const folder = mkdtempSync(join(tmpdir(), "watch-"));
  const captions = (name: string) =>
    (JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Figure).frames?.map(
      ({ layout }) => layout?.annotations?.[0].text,
    );

  before(async () => {
    process.env.TRM_FIGURES = folder;
    await startEngine();
  });
  after(() => {
    delete process.env.TRM_FIGURES;
    rmSync(folder, { recursive: true, force: true });
  });

  it("solves a 6x6 puzzle with the project's weights", async () => {
    const puzzle = "5...6. .1..3. ...... ..16.4 ..5..1 ....4.";
    await watchThinking(puzzle, { supervisionSteps: 6, saveAs: "six" });
    assert.equal(captions("six")?.length, 6);
    assert.equal(captions("six")?.at(-1), "step 6: <b>solved</b>");
  });

  it("marks what breaks the rules where the clues clash", async () => {
    await watchThinking("11.. .... .... ....", { supervisionSteps: 2, saveAs: "clash" });
    assert.match(String(captions("clash")?.at(-1)), /step 2: [1-9]\d* wrong/);
  });

  it("says which sizes there are", async () => {
    await assert.rejects(watchThinking("12345"), /the puzzle has 5 cells; there are models for 16 \(4x4\)/);
  });
});

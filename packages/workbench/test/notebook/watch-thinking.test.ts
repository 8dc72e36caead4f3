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
  const figure = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Figure;
  const captions = (name: string) => figure(name).frames?.map(({ layout }) => layout?.annotations?.[0].text);

  before(async () => {
    process.env.TRM_FIGURES = folder;
    // A puzzle or two do not pay for a C compiler.
    process.env.TFJS_COMPILE_TO = "tensorflow";
    await startEngine();
  });
  after(() => {
    delete process.env.TRM_FIGURES;
    delete process.env.TFJS_COMPILE_TO;
    rmSync(folder, { recursive: true, force: true });
  });

  it("solves a 6x6 puzzle with the project's weights", async () => {
    const puzzle = "5...6. .1..3. ...... ..16.4 ..5..1 ....4.";
    await watchThinking(puzzle, { supervisionSteps: 6, saveAs: "six" });
    assert.equal(captions("six")?.length, 6);
    assert.equal(captions("six")?.at(-1), "step 6: <b>solved</b>");
  });

  it("asks the network of minimal puzzles where a 9x9 puzzle has few clues", async () => {
    const thinker = async (puzzle: string) => {
      await watchThinking(puzzle, { supervisionSteps: 2, saveAs: "nine" });
      return figure("nine").layout?.title;
    };
    const few = "...7.........62..53......274.5.1.7..61............3.9...1..4.....625.....7....8..";
    const many = "53467.9126721953481983425678597614234268..7917139248569615372842874196353452861..";
    assert.match(JSON.stringify(await thinker(few)), /sudoku-9x9-minimal thinks/);
    assert.match(JSON.stringify(await thinker(many)), /sudoku-9x9 thinks/);
  });

  it("marks what breaks the rules where the clues clash", async () => {
    await watchThinking("11.. .... .... ....", { supervisionSteps: 2, saveAs: "clash" });
    assert.match(String(captions("clash")?.at(-1)), /step 2: [1-9]\d* wrong/);
  });

  /** Held out. */
  const maze = "####### #.....# #.#.### #.#...# #.###.# #.S.#G# #######";

  it("finds the way through a maze with the project's weights, as many steps as it was trained with", async () => {
    await watchThinking(maze, { saveAs: "maze" });
    const { frames, layout } = figure("maze");
    assert.deepEqual([captions("maze")?.length, captions("maze")?.at(-1)], [6, "step 6: <b>found</b>"]);
    assert.deepEqual([layout.sliders?.length, layout.updatemenus?.length], [1, 1]);
    const beliefs = frames?.at(-1)?.data?.find((trace) => "yaxis" in trace && trace.yaxis === "y2");
    assert.equal((beliefs as { y?: unknown[] } | undefined)?.y?.length, 6);
  });

  it("explains a maze without a way, where no path can be right", async (context) => {
    const log = context.mock.method(console, "log", () => {});
    await watchThinking(maze.replace("#.###.#", "#######"), { saveAs: "closed", supervisionSteps: 2 });
    assert.match(String(log.mock.calls[0].arguments[0]), /no way leads from S to G/);
    assert.match(String(captions("closed")), /step 2: (no path|[1-9]\d* wrong)$/);
  });

  it("says what a maze lacks", async () => {
    const open = ".".repeat(49);
    await assert.rejects(watchThinking(`S${open.slice(1)}`), /has 0 cells marked as goal G, expected one/);
    await assert.rejects(watchThinking(`GG${open.slice(2)}`), /has 0 cells marked as start S, expected one/);
    await assert.rejects(watchThinking("SG. ... ..."), /the puzzle is 3x3, but maze-7x7 was trained on 7x7/);
    await assert.rejects(watchThinking("SG. .. ..."), /row 2 has 2 cells, row 1 has 3/);
    await assert.rejects(watchThinking("SG. .x. ..."), /row 2, column 2 is "x", expected one of/);
  });

  it("says which sizes there are", async () => {
    await assert.rejects(watchThinking("12345"), /the puzzle has 5 cells; there are models for 16 \(4x4\)/);
  });
});

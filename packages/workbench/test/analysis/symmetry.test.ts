import assert from "node:assert/strict";
import { test } from "node:test";
import { IGNORED_LABEL, mazeTask, mazeTokens, sudokuDigits, sudokuTask, sudokuTokens } from "trm/batches";
import { arcTokens, checkMaze, checkSudoku } from "trm/puzzles";
import { createRandom } from "trm/random";
import { symmetryGroup } from "../../src/analysis";

for (const box of [
  [2, 2],
  [2, 3],
  [3, 2],
  [3, 3],
] as const) {
  test(`symmetries of Sudokus with boxes of ${box.join("x")} keep the rules and can be undone`, () => {
    const { puzzles } = sudokuTask({ box, train: 1, test: 1, seed: 1 });
    const { puzzle, solution } = puzzles.test[0];
    const [question, answer] = [puzzle, solution].map((grid) => Int32Array.from(sudokuTokens(grid)));
    const drawn = symmetryGroup({ seqLen: answer.length, vocabSize: box[0] * box[1] + 2 }, { box }).draw(
      6,
      createRandom(2),
    );
    assert.deepEqual(drawn[0].apply(answer), answer);
    for (const { apply, undo } of drawn) {
      assert.deepEqual(undo(apply(answer)), answer);
      assert.deepEqual(undo(apply(question)), question);
      assert.ok(checkSudoku(sudokuDigits(apply(answer)), box, sudokuDigits(apply(question))).solved);
    }
    assert.ok(drawn.slice(1).every(({ apply }) => apply(answer).join() !== answer.join()));
    const unasked = answer.map((token, cell) => (cell % 3 === 0 ? IGNORED_LABEL : token));
    assert.deepEqual(drawn[1].undo(drawn[1].apply(unasked)), unasked);
  });
}

test("a maze has eight symmetries, which keep its paths", () => {
  const { puzzles } = mazeTask({ size: 9, train: 1, test: 1, seed: 1 });
  const [question, answer] = [puzzles.test[0].question, puzzles.test[0].answer].map((grid) =>
    Int32Array.from(mazeTokens(grid)),
  );
  const group = symmetryGroup({ seqLen: 81, vocabSize: 6 });
  const drawn = group.draw(8, createRandom(1));
  assert.equal(new Set(drawn.map(({ apply }) => apply(answer).join())).size, 8);
  for (const { apply, undo } of drawn) {
    assert.deepEqual(undo(apply(answer)), answer);
    const [turnedQuestion, turnedAnswer] = [question, answer].map((tokens) =>
      Uint8Array.from(apply(tokens), (token) => token - 1),
    );
    assert.ok(checkMaze(turnedQuestion, turnedAnswer).solved);
  }
  assert.throws(() => group.draw(9, createRandom(1)), /from 1 to 8, which is all there are, got 9/);
});

test("an ARC grid is turned in its corner and turned back, ignored labels with it", () => {
  const tokens = Int32Array.from(arcTokens({ rows: 2, columns: 3, cells: Uint8Array.of(1, 2, 3, 4, 5, 0) }));
  const labels = tokens.map((token) => token || IGNORED_LABEL);
  for (const { apply, undo } of symmetryGroup({ seqLen: 900, vocabSize: 12 }).draw(9, createRandom(3))) {
    assert.deepEqual(undo(apply(tokens)), tokens);
    assert.deepEqual(undo(apply(labels)), labels);
    assert.ok(apply(tokens)[0] > 1, "its corner has a colour");
  }
});

test("tokens of an unknown kind have no symmetries", () => {
  assert.throws(
    () => symmetryGroup({ seqLen: 10, vocabSize: 4 }),
    /no symmetries are known of puzzles of 10/,
  );
});

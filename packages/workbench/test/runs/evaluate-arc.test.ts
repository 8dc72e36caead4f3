import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Batch, testBatches } from "trm/batches";
import { arcGrid, arcRaster, arcRows, arcTokens, gridHash } from "trm/puzzles";
import { openDataset, readFolderExtras } from "../../src/data";
import { type ArcResult, arcVotes, PASS_AT } from "../../src/runs";

/** Written by the official builder: test tasks with four augmentations each. */
const folder = join(__dirname, "../../../../lib/test/fixtures/official-datasets/arc");
const extras = readFolderExtras(folder);

/** Votes over the whole test split, each row answered by `answer`, which is told the number of the task's augmentation. */
function vote(
  answer: (batch: Batch, row: number, guise: number) => { tokens: ArrayLike<number>; q: number },
): ArcResult {
  const [dataset] = openDataset(folder, "test");
  const votes = arcVotes(extras, dataset.blankIdentifierId);
  for (const batch of testBatches(dataset, 3)) {
    const tokens = new Int32Array(batch.size * batch.seqLen);
    const qHalt = new Float32Array(batch.size);
    for (let row = 0; row < batch.count; row++) {
      const given = answer(batch, row, guiseOf(batch.puzzleIdentifiers[row]));
      tokens.set(given.tokens, row * batch.seqLen);
      qHalt[row] = given.q;
    }
    votes.add(batch, { tokens, qHalt });
  }
  dataset.close();
  return votes.result();
}

function guiseOf(identifier: number): number {
  const [task] = extras.identifiers[identifier].split("|||");
  return identifier - extras.identifiers.indexOf(task);
}

const labelsOf = ({ labels, seqLen }: Batch, row: number): Int32Array =>
  // Ignored cells are padding, which a perfect answer leaves empty.
  labels.slice(row * seqLen, (row + 1) * seqLen).map((token) => Math.max(token, 0));

const black = arcTokens(arcRaster([[0]]));

test("right answers under every augmentation turn back to the task's own, and the submission holds them", () => {
  const { passAt, submission, unanswered } = vote((batch, row) => ({ tokens: labelsOf(batch, row), q: 1 }));
  assert.deepEqual(passAt, Object.fromEntries(PASS_AT.map((k) => [k, 1])));
  assert.deepEqual(unanswered, []);
  for (const [id, { test }] of Object.entries(extras.testPuzzles!)) {
    assert.deepEqual(
      submission[id],
      test.map(({ output }) => ({ attempt_1: output, attempt_2: output })),
    );
  }
});

test("votes count first, beliefs only among equals, and pass@k looks at the k best", () => {
  const empty = new Int32Array(900);
  // Of the five guises of a task, two are answered rightly, two by a black cell, one by nothing at all.
  const tie = (right: number, wrong: number) =>
    vote((batch, row, guise) => {
      if (guise === 0) return { tokens: empty, q: 9 };
      return guise <= 2 ? { tokens: labelsOf(batch, row), q: right } : { tokens: black, q: wrong };
    }).passAt;
  assert.deepEqual([tie(-3, 3)[1], tie(-3, 3)[2]], [0, 1]);
  assert.deepEqual([tie(3, -3)[1], tie(3, -3)[2]], [1, 1]);
  // Four votes beat any belief.
  const outvoted = vote((batch, row, guise) =>
    guise === 0 ? { tokens: labelsOf(batch, row), q: 9 } : { tokens: black, q: -9 },
  );
  assert.deepEqual([outvoted.passAt[1], outvoted.passAt[2]], [0, 1]);
  for (const attempts of Object.values(outvoted.submission).flat())
    assert.deepEqual(attempts.attempt_1, [[0]]);
});

test("answers that never come right solve nothing; a task without answers is named", () => {
  const wrong = vote(() => ({ tokens: black, q: 0 }));
  assert.deepEqual(
    Object.values(wrong.passAt),
    PASS_AT.map(() => 0),
  );
  const [dataset] = openDataset(folder, "test");
  const silent = arcVotes(extras, dataset.blankIdentifierId).result();
  dataset.close();
  assert.deepEqual(silent.unanswered, Object.keys(extras.testPuzzles!));
  assert.throws(() => arcVotes({ identifiers: ["<blank>"] }, 0), /test_puzzles\.json/);
});

test("an answer without any rectangle of colours votes for the empty grid", () => {
  const { submission } = vote(() => ({ tokens: new Int32Array(900), q: 0 }));
  for (const attempts of Object.values(submission).flat()) assert.deepEqual(attempts.attempt_1, []);
  assert.deepEqual(arcRows(arcGrid(new Int32Array(900))), []);
  assert.equal(gridHash(arcGrid(new Int32Array(900))).length, 64);
});

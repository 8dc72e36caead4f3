import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { canonicalForm, formatGrid, sudokuGenerator, sudokuSolver } from "trm/puzzles";
import { createRandom } from "trm/random";
import { readSudokuCsv, streamSudokuCsv, sudokuCsv } from "../../src/data";

const folder = mkdtempSync(join(tmpdir(), "sudoku-csv-"));
after(() => rmSync(folder, { recursive: true }));

const DATA = join(__dirname, "..", "..", "..", "..", "data");
const HEADER = "source,question,answer,rating";
const QUESTION = "1.....1..1....2.";
const ANSWER = "1234341221434321";

function file(...lines: string[]): string {
  const path = join(folder, "puzzles.csv");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

test("the real puzzles have one solution each, the one given, and train and test share none, also up to symmetry", async () => {
  const solver = sudokuSolver([3, 3]);
  const forms: Record<string, Set<string>> = {};
  for (const split of ["train", "test"]) {
    const puzzles = await readSudokuCsv(join(DATA, `sudoku-hard-${split}.csv`));
    assert.equal(puzzles.length, 1000);
    let sameRating = 0;
    for (const { puzzle, solution, rating } of puzzles) {
      const { solutions, first, guesses } = solver(puzzle);
      assert.equal(solutions, 1);
      assert.equal(formatGrid(first!), formatGrid(solution));
      if (guesses === rating) sameRating++;
    }
    // The other solver breaks a few ties differently.
    assert.ok(sameRating > 900, `${sameRating} ratings agree`);
    forms[split] = new Set(puzzles.map(({ puzzle, solution }) => canonicalForm(puzzle, solution, [3, 3])));
  }
  assert.equal(forms.train.size, 1000);
  assert.equal(forms.test.size, 999);
  assert.ok([...forms.test].every((form) => !forms.train.has(form)));
});

test("puzzles survive being written and read, sources with commas included", async () => {
  const next = sudokuGenerator([2, 3], createRandom(1));
  const puzzles = Array.from({ length: 20 }, next);
  puzzles.push({ ...next(), source: 'a "list", of mine', rating: 2.5 });
  const path = join(folder, "written.csv");
  writeFileSync(path, sudokuCsv(puzzles));
  assert.deepEqual(await readSudokuCsv(path, { box: [2, 3] }), puzzles);
});

test("the difficulty filter keeps puzzles of at least that rating", async () => {
  const path = file(HEADER, ...[1, 5, 9].map((rating) => `s,${QUESTION},${ANSWER},${rating}`));
  const ratings = (await readSudokuCsv(path, { box: [2, 2], minRating: 5 })).map(({ rating }) => rating);
  assert.deepEqual(ratings, [5, 9]);
});

test("reading stops early when asked, and takes zeros for blanks", async () => {
  const path = file(HEADER, `s,${QUESTION.replaceAll(".", "0")},${ANSWER},1`, "broken");
  for await (const { puzzle } of streamSudokuCsv(path, { box: [2, 2] })) {
    assert.equal(formatGrid(puzzle), QUESTION);
    break;
  }
});

const errors: [string, string[], RegExp][] = [
  ["another header", ["a,b,c"], /puzzles\.csv:1: the first line is "a,b,c", expected "source,question/],
  ["an empty file", [""], /puzzles\.csv: is empty/],
  ["a missing column", [HEADER, `s,${QUESTION}`], /puzzles\.csv:2: has 2 columns, expected 4/],
  [
    "a bad question",
    [HEADER, `s,x${QUESTION.slice(1)},${ANSWER},1`],
    /csv:2: column question: cell 1 .* is "x"/,
  ],
  [
    "a short answer",
    [HEADER, `s,${QUESTION},${ANSWER},1`, `s,${QUESTION},123,1`],
    /csv:3: column answer: has 3 cells/,
  ],
  [
    "an answer that changes a clue",
    [HEADER, `s,2${QUESTION.slice(1)},${ANSWER},1`],
    /csv:2: column answer: changes a clue at row 1, column 1/,
  ],
  [
    "an answer that repeats a digit",
    [HEADER, `s,${QUESTION},1134341221434321,1`],
    /csv:2: column answer: repeats a digit at row 1, column 1/,
  ],
  ["an unfinished answer", [HEADER, `s,${QUESTION},1.34341221434321,1`], /leaves a blank at row 1, column 2/],
  ["a bad rating", [HEADER, `s,${QUESTION},${ANSWER},hard`], /csv:2: column rating: "hard" is not a number/],
  ["an open quote", [HEADER, `"s,${QUESTION},${ANSWER},1`], /puzzles\.csv: .*[Qq]uote/],
];
for (const [what, lines, message] of errors) {
  test(`${what} is refused, naming file, line and column`, async () => {
    await assert.rejects(readSudokuCsv(file(...lines), { box: [2, 2] }), message);
  });
}

test("a file that is not there is named", async () => {
  await assert.rejects(readSudokuCsv(join(folder, "none.csv")), /none\.csv/);
});

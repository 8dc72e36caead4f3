import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine } from "tfjs-compile";
import { sudokuDigits } from "trm/batches";
import {
  checkSudoku,
  clueCount,
  formatGrid,
  parseGrid,
  sudokuGenerator,
  sudokuProblem,
  sudokuSolver,
} from "trm/puzzles";
import { createRandom } from "trm/random";
import { createReasoner } from "trm/trainer";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import {
  latentPaths,
  oddPuzzles,
  orderCorrelations,
  type PuzzleChains,
  placeSingles,
  principalComponents,
  rightFrom,
  searchWithModel,
  singles,
  singlesRounds,
  solvingOrder,
  stepChanges,
} from "../../src/analysis";

before(() => startEngine());

const box = [2, 2] as const;

test("singles are those that a person sees, round by round", () => {
  const naked = parseGrid("123. .... .... ....", box);
  assert.deepEqual(singles(naked, box), [{ cell: 3, digit: 4 }]);
  const hidden = parseGrid("1... .... ..1. ....", box);
  assert.deepEqual(singles(hidden, box), [
    { cell: 7, digit: 1 },
    { cell: 13, digit: 1 },
  ]);
  assert.deepEqual(singles(parseGrid("11.. .... .... ....", box), box), [], "clues that clash");

  const next = sudokuGenerator([3, 3], createRandom(1), { difficulty: "singles" });
  for (const { puzzle, solution } of [next(), next()]) {
    const rounds = singlesRounds(puzzle, [3, 3]);
    assert.ok(rounds.every((round, cell) => (puzzle[cell] > 0 ? round === 0 : round >= 1 && round < 81)));
    assert.deepEqual(placeSingles(puzzle, [3, 3]), solution);
    // What the second round places, the first could not.
    const first = puzzle.map((digit, cell) => (rounds[cell] === 1 ? solution[cell] : digit));
    const second = singles(first, [3, 3]).map(({ cell }) => cell);
    assert.deepEqual(second.sort(), [...rounds.keys()].filter((cell) => rounds[cell] === 2).sort());
  }
  assert.equal(placeSingles(parseGrid("123. ...4 .... ....", box), box), undefined);
});

/** A Sudoku of which a model's answers after each step are given. */
function thought(puzzle: string, solution: string, ...answers: string[]): PuzzleChains {
  const tokens = (grid: string) => Int32Array.from(grid, (digit) => (digit === "." ? 1 : Number(digit) + 1));
  const step = { qHalt: 0, halts: false, change: 0, confidence: 0.5 };
  return {
    inputs: tokens(puzzle),
    labels: tokens(solution),
    puzzleIdentifier: 0,
    chains: [answers.map((answer) => ({ ...step, tokens: tokens(answer) }))],
  };
}

const known = thought(
  "12..3412.1..432.",
  "1234341221434321",
  "1243341211443321", // four of the open cells wrong, then three, then none
  "1234341223214324",
  "1234341221434321",
);

test("changes of cells are counted by what they were and became", () => {
  const [first, second, third] = stepChanges([known, known]);
  assert.deepEqual([first.changed, first.wrong, first.wrongToRight], [6, 4, 2]);
  assert.deepEqual(
    [second.changed, second.wrongToRight, second.rightToWrong, second.wrongToWrong],
    [6, 3, 2, 1],
  );
  assert.deepEqual([third.wrong, third.wrongToRight, third.rightToWrong], [0, 3, 0]);
  assert.equal(third.belief, 0.5);
  assert.equal(third.confidence, 0.5);
  assert.throws(() => stepChanges([]), /equally many steps/);
  const from = rightFrom(known.chains[0], known.labels);
  assert.deepEqual([from[0], from[2], from[9], from[15]], [1, 2, 3, 3]);
});

test("the order of solving counts singles by round, and what the next step makes of them", () => {
  const { rounds, next } = solvingOrder([known], box);
  assert.deepEqual(
    rounds.map(({ cells }) => cells).reduce((sum, cells) => sum + cells, 0),
    6,
  );
  assert.equal(rounds[0].round, 1);
  assert.equal(rounds.at(-1)?.rightBy.at(-1), 1);
  assert.equal(next.length, 2);
  assert.equal(next[1].singles + next[1].others, 3);
  assert.equal(next[1].singlesMadeRight, 1);
});

test("the order of a thought is compared with the order of singles, puzzle by puzzle", () => {
  const next = sudokuGenerator([2, 3], createRandom(1), { difficulty: "singles" });
  const grids = next();
  const [puzzle, right] = [grids.puzzle, grids.solution].map((grid) => grid.join("").replace(/0/g, "."));
  const rounds = singlesRounds(grids.puzzle, [2, 3]);
  const last = Math.max(...rounds);
  assert.ok(last > 2 && last < 36, `${last} rounds`);
  /** Right in the cells of the first rounds, or of the last ones. */
  const upTo = (count: number, backwards: boolean) =>
    [...right]
      .map((digit, cell) => {
        const round = backwards ? last + 1 - rounds[cell] : rounds[cell];
        return rounds[cell] === 0 || round <= count ? digit : String((Number(digit) % 6) + 1);
      })
      .join("");
  const answers = (backwards: boolean) => Array.from({ length: last }, (_, i) => upTo(i + 1, backwards));
  const correlations = orderCorrelations(
    [
      thought(puzzle, right, ...answers(false)),
      thought(puzzle, right, ...answers(true)),
      thought(puzzle, right, right, right), // all at once: no order
    ],
    [2, 3],
  );
  assert.deepEqual(
    correlations.map((value) => value.toFixed(6)),
    ["1.000000", "-1.000000"],
  );
});

test("a path in a plane keeps its distances on two components, and its movements are relative", () => {
  const corners = [
    [0, 0],
    [3, 0],
    [3, 4],
  ].map(([a, b]) => Float32Array.of(a, b, 0, 7));
  const { points, explained } = principalComponents(corners, 2);
  const distance = (i: number, j: number) =>
    Math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]);
  assert.ok(Math.abs(distance(0, 1) - 3) < 1e-4 && Math.abs(distance(0, 2) - 5) < 1e-4);
  assert.ok(Math.abs(explained - 1) < 1e-6);

  const minds = corners.map((y, i) => ({ supervisionStep: i + 1, latents: { y } }));
  const [path] = latentPaths(minds, "y", 1);
  const norm = Math.hypot(3, 4, 7);
  assert.deepEqual(
    path.movement.map((x) => x.toFixed(5)),
    [3 / norm, 4 / norm].map((x) => x.toFixed(5)),
  );
  assert.deepEqual(
    path.toEnd.map((x) => x.toFixed(5)),
    [5 / norm, 4 / norm, 0].map((x) => x.toFixed(5)),
  );
  assert.throws(() => latentPaths(minds, "z", 1), /no latent "z"; there are y/);
});

test("odd puzzles are what they are called", () => {
  const kinds = [
    { odd: box, seeds: 20, usual: {} },
    { odd: [2, 3], seeds: 20, usual: {} },
    { odd: [3, 3], seeds: 4, usual: { difficulty: "mixed", clues: 34 } },
  ] as const;
  for (const { odd, seed, usual } of kinds.flatMap(({ seeds, ...kind }) =>
    Array.from({ length: seeds }, (_, seed) => ({ ...kind, seed })),
  )) {
    const puzzles = oddPuzzles(odd, seed, usual);
    const problems = Object.fromEntries(
      puzzles.map(({ name, puzzle }) => [name, sudokuProblem(puzzle, odd) ?? "none"]),
    );
    const clues = puzzles.map(({ puzzle }) => clueCount(puzzle));
    if ("clues" in usual) assert.equal(clues[0], usual.clues);
    assert.equal(problems["as in its training"], "none");
    assert.equal(problems["no clue to spare"], "none");
    assert.equal(problems["one empty cell"], "none");
    assert.equal(problems["many clues"], "none");
    assert.equal(problems["empty grid"], "more than one solution exists");
    assert.equal(problems["several solutions"], "more than one solution exists");
    assert.equal(problems["no solution"], "no solution exists");
    assert.match(problems["clues that clash"], /are both/);
  }
});

test("a search with an untrained model still solves every puzzle, and gives up only when told to", async () => {
  const model = tinyModel();
  const reasoner = createReasoner(model, "float32");
  const params = model.init(createRandom(1));
  const grids = Array.from({ length: 8 }, (_, i) =>
    sudokuDigits(tinyTask.test.inputs.subarray(i * 16, (i + 1) * 16)),
  );
  // A puzzle with several solutions cannot be done by singles.
  const vague = parseGrid("1... .... .... ...4", box);
  const found = await searchWithModel(reasoner, params, [...grids, vague], box, { batchSize: 4 });
  for (const [i, { solution }] of found.entries()) {
    assert.ok(solution && checkSudoku(solution, box, grids[i] ?? vague).solved);
    const plain = sudokuSolver(box)(grids[i] ?? vague, { limit: 1 });
    if (plain.guesses === 0) assert.equal(formatGrid(solution), formatGrid(plain.first!));
  }
  assert.ok(found[8].guesses > 0 && found[8].thoughts > 0);
  const [given] = await searchWithModel(reasoner, params, [vague], box, { mostGuesses: 1 });
  assert.deepEqual([given.solution, given.guesses], [null, 2]);
  reasoner.dispose();
});

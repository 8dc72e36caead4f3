import assert from "node:assert/strict";
import { afterEach, before, describe, test } from "node:test";
import { compile, disposeTree, mapTree, startEngine, tf } from "tfjs-compile";
import { toolchain } from "../../../packages/engine/src/native/toolchain";
import {
  type mazeDataset,
  mazeTask,
  puzzleKind,
  type Rules,
  rulesOf,
  sudokuDataset,
  sudokuTask,
} from "../../src/batches";
import { type Box, MAZE, parseGrid, sudokuSolver } from "../../src/puzzles";
import { createRandom } from "../../src/random";
import { correctness, createTrainer, evaluate, solve } from "../../src/trainer";
import { tinyModel, tinyTask, tinyTraining } from "./support";

const random = createRandom("rules");

/** A question with a right answer and other answers, right and wrong ones, as tokens. */
interface Case {
  readonly inputs: Uint8Array;
  readonly labels: Uint8Array;
  readonly answer: Uint8Array;
}

/** Some cells of an answer get other tokens. */
const spoilt = (answer: Uint8Array, tokens: number): Uint8Array => {
  const other = answer.slice();
  for (let i = random.int(0, 3); i > 0; i--) other[random.int(0, other.length)] = random.int(0, tokens);
  if (random.int(0, 4) === 0) {
    const [a, b] = [random.int(0, other.length), random.int(0, other.length)];
    [other[a], other[b]] = [other[b], other[a]];
  }
  return other;
};

function sudokuCases(box: Box, count: number): Case[] {
  const solver = sudokuSolver(box);
  const side = box[0] * box[1];
  const solution = () => solver(new Uint8Array(side * side), { random }).first!;
  return Array.from({ length: count }, () => {
    const label = solution();
    // Few clues, so that most questions have several answers.
    const question = label.map((digit) => (random.int(0, 6) === 0 ? digit : 0));
    const answer = [label, solution(), solver(question, { random }).first!][random.int(0, 3)];
    const tokens = (grid: Uint8Array) => grid.map((digit) => digit + 1);
    return { inputs: tokens(question), labels: tokens(label), answer: spoilt(tokens(answer), side + 2) };
  });
}

/** Mazes with few walls have many shortest ways; walks that need not be shortest are drawn in. */
function mazeCases(size: number, count: number): Case[] {
  const kind = puzzleKind({ seqLen: size * size, vocabSize: 6 }, { kind: "maze" });
  const made: Case[] = [];
  while (made.length < count) {
    const question = Uint8Array.from({ length: size * size }, () =>
      random.int(0, 4) === 0 ? MAZE.wall : MAZE.open,
    );
    const [start, goal] = random.permutation(size * size);
    question[start] = MAZE.start;
    question[goal] = MAZE.goal;
    if (kind.problem(question)) continue;
    const walk = (biased: boolean) => {
      const drawn = question.slice();
      for (let cell = start, step = 0; step < 60; step++) {
        const [row, column] = [Math.floor(cell / size), cell % size];
        const beside = [
          row > 0 ? cell - size : -1,
          row < size - 1 ? cell + size : -1,
          column > 0 ? cell - 1 : -1,
          column < size - 1 ? cell + 1 : -1,
        ].filter((other) => other >= 0 && question[other] !== MAZE.wall);
        if (beside.length === 0 || beside.includes(goal)) break;
        const far = (other: number) =>
          Math.abs(Math.floor(other / size) - Math.floor(goal / size)) +
          Math.abs((other % size) - (goal % size));
        const nearer = beside.filter((other) => far(other) < far(cell));
        const choice = biased && nearer.length > 0 ? nearer : beside;
        cell = choice[random.int(0, choice.length)];
        if (cell !== start) drawn[cell] = MAZE.path;
      }
      return drawn;
    };
    const right = Array.from({ length: 40 }, () => walk(true)).find((answer) =>
      kind.isSolved(answer, question),
    );
    if (!right) continue;
    const answer =
      random.int(0, 2) === 0 ? walk(true) : spoilt(kind.tokens(right), 6).map((token) => token - 1);
    made.push({ inputs: kind.tokens(question), labels: kind.tokens(right), answer: kind.tokens(answer) });
  }
  return made;
}

/** The verdicts of the compiled function on a batch of answers. */
function verdicts(rules: Rules, cases: readonly Case[], vocabSize: number): number[] {
  const rows = (field: keyof Case) =>
    tf.tensor2d(
      Int32Array.from(cases.flatMap((one) => [...one[field]])),
      [cases.length, cases[0].inputs.length],
      "int32",
    );
  const [inputs, labels, answer] = [rows("inputs"), rows("labels"), rows("answer")];
  const logits = tf.tidy(() => tf.cast(tf.oneHot(answer, vocabSize), "float32") as tf.Tensor3D);
  const judge = compile((logits: tf.Tensor3D, labels: tf.Tensor2D, inputs: tf.Tensor2D) =>
    correctness(logits, labels, { rules, inputs }),
  );
  const result = judge(logits, labels, inputs);
  const solved = [...result.solved.dataSync()];
  const cells = result.cells.dataSync();
  assert.equal(judge.signatures()[0].because, undefined);
  solved.forEach((right, i) => {
    assert.ok(right === 0 || cells[i] === 1);
  });
  disposeTree([result, inputs, labels, answer, logits]);
  judge.dispose();
  return solved;
}

describe("rules judge a batch as they judge one answer", {
  skip: toolchain() === undefined && "no C compiler works here",
}, () => {
  before(() => startEngine({ backend: "tensorflow" }));
  afterEach(() => {
    delete process.env.TFJS_COMPILE_TO;
  });

  const check = (rules: Rules, cases: readonly Case[], vocabSize: number) => {
    process.env.TFJS_COMPILE_TO = "native";
    const kind = puzzleKind({ seqLen: cases[0].inputs.length, vocabSize }, rules);
    const expected = cases.map(({ answer, inputs }) =>
      Number(kind.isSolved(kind.cells(answer), kind.cells(inputs))),
    );
    assert.deepEqual(verdicts(rules, cases, vocabSize), expected);
    const otherwise = cases.filter(
      ({ answer, labels }, i) => expected[i] && answer.some((token, cell) => token !== labels[cell]),
    );
    assert.ok(otherwise.length > 10, `only ${otherwise.length} right answers differ from their label`);
    assert.ok(expected.filter((right) => right === 0).length > 10);
  };

  for (const box of [
    [2, 2],
    [3, 2],
    [3, 3],
  ] as Box[]) {
    test(`Sudokus with boxes of ${box.join("x")}`, () =>
      check({ kind: "sudoku", box }, sudokuCases(box, 200), box[0] * box[1] + 2));
  }
  for (const size of [5, 8]) {
    test(`mazes of ${size}x${size}`, () => check({ kind: "maze" }, mazeCases(size, 200), 6));
  }
});

test("labels tell the rules of a dataset, and no other task has any", () => {
  const bare = ({ rules: _, ...dataset }: ReturnType<typeof mazeDataset>) => rulesOf(dataset);
  for (const box of [
    [2, 2],
    [2, 3],
    [3, 2],
    [3, 3],
  ] as Box[]) {
    assert.deepEqual(bare(sudokuTask({ box, train: 5, test: 1, seed: 1 }).train), { kind: "sudoku", box });
  }
  const { train } = mazeTask({ size: 7, train: 5, test: 1, seed: 1 });
  assert.deepEqual(bare(train), { kind: "maze" });
  assert.equal(bare({ ...train, labels: train.inputs }), undefined);
  assert.equal(bare({ ...tinyTask.train, labels: tinyTask.train.inputs }), undefined);
});

test("training, evaluation and solving agree on a puzzle with two answers", async () => {
  await startEngine();
  const grid = (text: string) => parseGrid(text, [2, 2]);
  const question = grid("1...............");
  const [one, two] = ["1234341221434321", "1234432124133142"].map(grid);
  const set = (solution: Uint8Array) =>
    sudokuDataset([{ puzzle: question, solution, rating: 1, source: "" }], { box: [2, 2], name: "two" });
  const model = tinyModel({ mixer: "mlp", positions: "none", puzzleEmbSize: 0, puzzleEmbLen: 0 });
  const training = { ...tinyTraining, batchSize: 1, learningRate: 1e-2, totalSteps: 100, ema: 0.5 };
  const trainer = createTrainer(model, training, set(one));
  for (let i = 0; i < 100; i++) await trainer.next();
  const params = trainer.params("live");
  // The model has learnt the first answer, and both datasets ask the same question.
  for (const dataset of [set(one), set(two)]) {
    const { solved, cells } = await evaluate(trainer.reasoner, params, dataset, { batchSize: 1 });
    assert.deepEqual([solved, cells], [1, 1]);
    const labels = dataset.labels.subarray(0, 16);
    const thought = await solve(trainer.reasoner, params, dataset.inputs.subarray(0, 16), {
      labels,
      rules: dataset.rules,
    });
    assert.equal(thought.at(-1)?.solved, true);
  }
  // Without rules the label alone counts.
  const { rules: _, ...labelled } = set(two);
  const { solved } = await evaluate(trainer.reasoner, params, labelled, { batchSize: 1 });
  assert.equal(solved, 0);
  // Training counts the answer as right, too, whatever the label, and so the halting head learns that it is.
  const still = { ...training, learningRate: 1e-9, weightDecay: 0 };
  for (const [dataset, solved] of [
    [set(two), 1],
    [labelled, 0],
  ] as const) {
    const copy = mapTree(params, (tensor) => tf.clone(tensor));
    const other = createTrainer(model, still, dataset, { params: copy });
    const reports = [await other.next(), await other.next(), await other.next()];
    assert.equal(reports.find(({ halted }) => halted > 0)?.solved, solved);
    other.dispose();
  }
  trainer.dispose();
});

import { tf } from "tfjs-compile";
import type { Rules } from "../batches/dataset";
import { MAZE } from "../puzzles";

/** Tokens are 1 more than the numbers of cells; 0 is padding. */
const TOKEN = {
  blank: 1,
  open: MAZE.open + 1,
  start: MAZE.start + 1,
  goal: MAZE.goal + 1,
  path: MAZE.path + 1,
};

/**
 * Judges answers by the rules of the puzzle alone, as `checkSudoku` and `checkMaze` do for one puzzle.
 * @param answer tokens, int32 [B, seqLen]
 * @param inputs the questions, int32 [B, seqLen]
 * @param labels one right answer to each, int32 [B, seqLen]; of a maze's, only the length of its path counts
 * @returns bool [B]
 */
export function keepsRules(
  rules: Rules,
  answer: tf.Tensor2D,
  inputs: tf.Tensor2D,
  labels: tf.Tensor2D,
): tf.Tensor1D {
  const keeps =
    rules.kind === "sudoku" ? isFilled(rules.box, answer, inputs) : isShortestPath(answer, inputs, labels);
  return keeps as tf.Tensor1D;
}

/** No clue is changed, and every row, column and box holds every digit. */
function isFilled(
  [rows, columns]: readonly [number, number],
  answer: tf.Tensor2D,
  inputs: tf.Tensor2D,
): tf.Tensor {
  const side = rows * columns;
  // `side` powers of two add up to 2^2 + … + 2^(side + 1), the tokens of all digits, only if each is there once.
  const powers = tf.gather(tf.tensor1d(Array.from({ length: side + 2 }, (_, token) => 2 ** token)), answer);
  const all = 2 ** (side + 2) - 4;
  const grid = tf.reshape(powers, [-1, side / rows, rows, side / columns, columns]);
  const units = [tf.sum(grid, [3, 4]), tf.sum(grid, [1, 2]), tf.sum(grid, [2, 4])].map((sums) =>
    tf.reshape(sums, [-1, side]),
  );
  const kept = tf.logicalOr(tf.lessEqual(inputs, TOKEN.blank), tf.equal(answer, inputs));
  return tf.logicalAnd(tf.all(kept, -1), tf.all(tf.equal(tf.concat(units, 1), all), -1));
}

/**
 * Nothing but a path on open cells is drawn; it has as many cells as a shortest one, two marked neighbours at each of them and
 * one at start and goal. Such cells form a path from start to goal and closed rings, and no cells are left over for a ring.
 */
function isShortestPath(answer: tf.Tensor2D, inputs: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor {
  const size = Math.sqrt(inputs.shape[1]);
  const is = (tokens: tf.Tensor, token: number) => tf.cast(tf.equal(tokens, token), "float32");
  const path = tf.mul(is(answer, TOKEN.path), is(inputs, TOKEN.open));
  const length = tf.sum(is(labels, TOKEN.path), -1);
  const ends = tf.add(is(inputs, TOKEN.start), is(inputs, TOKEN.goal));
  const marked = tf.reshape(tf.add(path, ends), [-1, size, size]) as tf.Tensor3D;
  const padded = tf.pad(marked, [
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
  const beside = [
    [0, 1],
    [2, 1],
    [1, 0],
    [1, 2],
  ].map(([row, column]) => tf.slice(padded, [0, row, column], [-1, size, size]));
  const neighbours = tf.reshape(tf.addN(beside), inputs.shape);
  const wanted = tf.add(tf.mul(2, path), ends);
  const connected = tf.equal(tf.mul(tf.add(path, ends), neighbours), wanted);
  const unchanged = tf.logicalOr(tf.equal(answer, inputs), tf.greater(path, 0));
  return tf.logicalAnd(tf.all(tf.logicalAnd(unchanged, connected), -1), tf.equal(tf.sum(path, -1), length));
}

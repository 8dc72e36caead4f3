import { disposeTree } from "tfjs-compile";
import { sudokuDigits, sudokuTokens } from "trm/batches";
import type { ModelParams } from "trm/model";
import { type Box, checkSudoku, type Grid } from "trm/puzzles";
import { type Reasoner, think, toTensors } from "trm/trainer";
import { candidateMasks, placeSingles } from "./singles";

/** The end of a search. */
export interface ModelSearch {
  /** Null where the search gave up. */
  readonly solution: Grid | null;
  /** Digits tried where neither a single nor an answer of the model was left: comparable with a puzzle's rating. */
  readonly guesses: number;
  /** Grids that the model thought about. */
  readonly thoughts: number;
}

/** Options of {@link searchWithModel}. */
export interface ModelSearchOptions {
  /** Supervision steps for every grid. @default N_sup */
  readonly supervisionSteps?: number;
  /** Grids at a time. @default 64 */
  readonly batchSize?: number;
  /** The search gives up after so many. @default 1000 */
  readonly mostGuesses?: number;
}

/** One search: grids that are still to be tried, the next one last. */
interface Search {
  readonly puzzle: Grid;
  readonly pending: { readonly grid: Grid; readonly isGuess: boolean }[];
  guesses: number;
  thoughts: number;
  solution: Grid | null;
}

/** What the model makes of a grid: an answer that keeps the rules, if one did, and its logits, [cells * vocabSize]. */
interface Proposal {
  readonly answer: Grid | undefined;
  readonly logits: Float32Array;
}

/**
 * A solver with a learned propagator. Like `sudokuSolver` it places singles, then guesses in a cell with the fewest candidates and
 * goes back on a contradiction; but before each guess it asks the model, takes its answer if that keeps the rules, and
 * else tries the digits in the order of the model's belief. The search is complete: only giving up leaves a puzzle unsolved.
 *
 * @param puzzles clues that do not break the rules
 * @returns one for each puzzle
 * @example
 * await startEngine();
 * const { model, params, precision } = loadModel("sudoku-4x4");
 * const puzzles = [parseGrid("1... ..2. .3.. ...4", [2, 2])];
 * const [{ solution, guesses }] = await searchWithModel(createReasoner(model, precision), params, puzzles, [2, 2]);
 */
export async function searchWithModel(
  reasoner: Reasoner,
  params: ModelParams,
  puzzles: readonly Grid[],
  box: Box,
  options: ModelSearchOptions = {},
): Promise<ModelSearch[]> {
  const { batchSize = 64, mostGuesses = 1000 } = options;
  const searches = puzzles.map((puzzle): Search => {
    return { puzzle, pending: [{ grid: puzzle, isGuess: false }], guesses: 0, thoughts: 0, solution: null };
  });
  for (;;) {
    const asking: { readonly search: Search; readonly grid: Grid }[] = [];
    for (const search of searches) {
      if (asking.length === batchSize) break;
      const grid = search.solution ? undefined : nextGrid(search, box, mostGuesses);
      if (grid) asking.push({ search, grid });
    }
    if (asking.length === 0) break;
    const grids = asking.map(({ grid }) => grid);
    const proposals = await propose(
      reasoner,
      params,
      grids,
      box,
      Math.min(batchSize, puzzles.length),
      options,
    );
    for (const [i, { search, grid }] of asking.entries()) {
      search.thoughts++;
      if (proposals[i].answer) search.solution = proposals[i].answer;
      else search.pending.push(...guessesFor(grid, proposals[i].logits, box));
    }
  }
  return searches.map(({ solution, guesses, thoughts }) => ({ solution, guesses, thoughts }));
}

/** Goes on to the next grid that singles do not decide. Undefined when the search has ended. */
function nextGrid(search: Search, box: Box, mostGuesses: number): Grid | undefined {
  for (let next = search.pending.pop(); next; next = search.pending.pop()) {
    if (next.isGuess && ++search.guesses > mostGuesses) return undefined;
    const grid = placeSingles(next.grid, box);
    if (grid === undefined) continue;
    if (grid.includes(0)) return grid;
    search.solution = grid;
    return undefined;
  }
  return undefined;
}

/** The digits of the cell with the fewest candidates, the most believed last. */
function guessesFor(grid: Grid, logits: Float32Array, box: Box): Search["pending"] {
  const masks = candidateMasks(grid, box);
  if (!masks) return [];
  const vocabSize = logits.length / grid.length;
  const choices = Array.from(masks.keys())
    .filter((cell) => masks[cell] !== 0)
    .map((cell) => {
      const digits = Array.from({ length: box[0] * box[1] }, (_, i) => i + 1).filter(
        (digit) => masks[cell] & (1 << (digit - 1)),
      );
      // Token of a digit: digit + 1.
      const belief = (digit: number): number => logits[cell * vocabSize + digit + 1];
      return { cell, digits: digits.sort((a, b) => belief(a) - belief(b)) };
    });
  const fewest = Math.min(...choices.map(({ digits }) => digits.length));
  const { cell, digits } = choices.find((choice) => choice.digits.length === fewest)!;
  return digits.map((digit) => {
    const guess = grid.slice();
    guess[cell] = digit;
    return { grid: guess, isGuess: true };
  });
}

async function propose(
  reasoner: Reasoner,
  params: ModelParams,
  grids: readonly Grid[],
  box: Box,
  size: number,
  { supervisionSteps = reasoner.model.config.supervisionSteps }: ModelSearchOptions,
): Promise<Proposal[]> {
  const { seqLen, vocabSize } = reasoner.model.config;
  // Always as many rows, so that one compiled program serves all rounds.
  const inputs = new Int32Array(size * seqLen);
  for (const [i, grid] of grids.entries()) inputs.set(sudokuTokens(grid), i * seqLen);
  const rows = { size, count: grids.length, seqLen, inputs, labels: inputs };
  const tensors = toTensors({ ...rows, puzzleIdentifiers: new Int32Array(size) });
  const answers: (Grid | undefined)[] = grids.map(() => undefined);
  let logits = new Float32Array();
  try {
    for await (const { output } of think(reasoner, params, tensors, supervisionSteps)) {
      logits = (await output.logits.data()) as Float32Array<ArrayBuffer>;
      grids.forEach((grid, i) => {
        if (answers[i]) return;
        const answer = sudokuDigits(bestTokens(logits, i * seqLen, seqLen, vocabSize));
        if (checkSudoku(answer, box, grid).solved) answers[i] = answer;
      });
      if (!answers.includes(undefined)) break;
    }
  } finally {
    disposeTree(tensors);
  }
  const length = seqLen * vocabSize;
  return answers.map((answer, i) => ({ answer, logits: logits.slice(i * length, (i + 1) * length) }));
}

function bestTokens(logits: Float32Array, first: number, count: number, vocabSize: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    const from = (first + i) * vocabSize;
    let best = 0;
    for (let token = 1; token < vocabSize; token++)
      if (logits[from + token] > logits[from + best]) best = token;
    return best;
  });
}

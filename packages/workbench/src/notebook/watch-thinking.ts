import { disposeTree } from "tfjs-compile";
import { mazeCells, mazeRows, mazeTokens, sudokuDigits, sudokuTokens } from "trm/batches";
import {
  type Box,
  checkMaze,
  checkSudoku,
  clueCount,
  type Grid,
  mazeAnswer,
  parseGrid,
  parseMaze,
  sudokuProblem,
  sudokuSolver,
} from "trm/puzzles";
import { beliefOf, createReasoner, solve, type Thought } from "trm/trainer";
import { type Figure, mazeThinkingFigure, sudokuThinkingFigure } from "../figures";
import { loadModel, modelNames } from "../official";
import { showFigure, showMarkdown } from "./display";

/** Options of {@link watchThinking}. */
export interface WatchThinkingOptions {
  /** Name of a model in `data/models`, a run's folder, a checkpoint or a weights file. @default the project's for this size */
  readonly model?: string;
  /** Supervision steps to think. @default 12; for mazes as many as the model was trained with */
  readonly supervisionSteps?: number;
  /** Saves the figure under this name. */
  readonly saveAs?: string;
}

/** A model of the project for each number of cells; 9x9 puzzles with fewer clues want the one that was trained on such. */
const models = [
  { cells: 16, box: [2, 2], model: "sudoku-4x4", fromClues: 0 },
  { cells: 36, box: [2, 3], model: "sudoku-6x6", fromClues: 0 },
  { cells: 81, box: [3, 3], model: "sudoku-9x9", fromClues: 30 },
  { cells: 81, box: [3, 3], model: "sudoku-9x9-minimal", fromClues: 0 },
] as const;

/**
 * Lets a trained model think about your own Sudoku or maze, and shows its answer after every supervision step: a large board with
 * a slider and a play button. The weights come with the project; nothing is trained.
 *
 * @param puzzle a Sudoku: digits in reading order, `.` or `0` for empty cells; spaces and line breaks do not count. A maze: `#` wall,
 * `.` open, `S` start, `G` goal, its rows separated by spaces or line breaks (without `.`, a space is an open cell)
 * @throws Error that says what is wrong with the puzzle's text, or which sizes there are models for
 * @example
 * await startEngine();
 * await watchThinking("5...6. .1..3. ...... ..16.4 ..5..1 ....4.");
 * await watchThinking("####### #S#...# #.#.#.# #...#.# ###.#.# #....G# #######");
 */
export async function watchThinking(puzzle: string, options: WatchThinkingOptions = {}): Promise<void> {
  const draw = /[#SG]/.test(puzzle) ? mazeThoughts : sudokuThoughts;
  await showFigure(await draw(puzzle, options), options.saveAs);
}

async function sudokuThoughts(puzzle: string, options: WatchThinkingOptions): Promise<Figure> {
  const cells = puzzle.replace(/[^0-9a-z.]/gi, "").length;
  const sized = models.filter((each) => each.cells === cells);
  const [first] = sized;
  if (first === undefined) {
    throw new Error(`the puzzle has ${cells} cells; there are models for 16 (4x4), 36 (6x6) and 81 (9x9)`);
  }
  const { box } = first;
  const clues = parseGrid(puzzle, box);
  const known = modelNames();
  const fitting = sized.filter(({ model }) => known.includes(model));
  const chosen = fitting.find(({ fromClues }) => clueCount(clues) >= fromClues) ?? fitting[0];
  const name = options.model ?? chosen?.model ?? first.model;
  const problem = sudokuProblem(clues, box);
  if (problem) showMarkdown(`**Not a Sudoku with one answer:** ${problem}. See what the model makes of it.`);
  const thoughts = await think(name, sudokuTokens(clues), options.supervisionSteps ?? 12);
  return sudokuThinkingFigure(
    { box, clues, solution: problem ? new Uint8Array(cells) : sudokuSolver(box)(clues).first! },
    thoughts.map((thought) => drawn(thought, problem ? { clues, box } : undefined)),
    { title: `${name} thinks`, subtitle: "grey: clues, blue: right, orange: wrong; drag the slider" },
  );
}

async function mazeThoughts(puzzle: string, options: WatchThinkingOptions): Promise<Figure> {
  const { model: name = "maze-7x7", supervisionSteps } = options;
  const maze = parseMaze(puzzle);
  const answer = mazeAnswer(maze);
  const tokens = mazeTokens(maze);
  const thoughts = await think(name, tokens, supervisionSteps);
  if (!answer)
    showMarkdown(
      "**Not a maze with an answer:** no way leads from S to G. Every path that the model draws is wrong.",
    );
  return mazeThinkingFigure(
    { question: mazeRows(tokens), solution: mazeRows(mazeTokens(answer ?? maze)) },
    thoughts.map(({ tokens, qHalt }) => {
      const prediction = mazeRows(tokens);
      // Where several paths are shortest, each of them is right.
      const isRight = checkMaze(maze, mazeCells(tokens)).solved;
      return { prediction, belief: beliefOf(qHalt), ...(isRight && { solution: prediction }) };
    }),
    { title: `${name} thinks`, subtitle: "blue: path, pale blue: missed, orange: wrong; drag the slider" },
  );
}

/** @throws Error when the model was trained on puzzles of another size */
async function think(name: string, tokens: Uint8Array, supervisionSteps?: number): Promise<Thought[]> {
  const { model, params, precision, stored } = loadModel(name);
  const reasoner = createReasoner(model, precision);
  try {
    const [has, wants] = [tokens.length, model.config.seqLen].map((cells) => {
      const side = Math.sqrt(cells);
      return Number.isInteger(side) ? `${side}x${side}` : `${cells} cells`;
    });
    if (has !== wants) throw new Error(`the puzzle is ${has}, but ${name} was trained on ${wants}`);
    const loss = stored.config?.training?.loss;
    return await solve(reasoner, params, tokens, {
      ...(supervisionSteps && { supervisionSteps }),
      ...(loss && { loss }),
    });
  } finally {
    disposeTree(params);
    reasoner.dispose();
  }
}

/** A thought as the figure takes it; judged by the rules alone where a puzzle has no single answer. */
function drawn({ tokens, confidence, qHalt }: Thought, rules?: { readonly clues: Grid; readonly box: Box }) {
  const prediction = sudokuDigits(tokens);
  const thought = { prediction, confidence, belief: beliefOf(qHalt) };
  if (rules === undefined) return thought;
  const { conflicts } = checkSudoku(prediction, rules.box, rules.clues);
  const wrong = new Set<number>(conflicts);
  return { ...thought, solution: prediction.map((digit, cell) => (wrong.has(cell) ? 0 : digit)) };
}

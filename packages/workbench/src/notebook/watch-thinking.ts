import { disposeTree } from "tfjs-compile";
import { sudokuDigits, sudokuTokens } from "trm/batches";
import {
  type Box,
  checkSudoku,
  clueCount,
  type Grid,
  parseGrid,
  sudokuProblem,
  sudokuSolver,
} from "trm/puzzles";
import { beliefOf, createReasoner, solve, type Thought } from "trm/trainer";
import { sudokuThinkingFigure } from "../figures";
import { loadModel, modelNames } from "../official";
import { showFigure, showMarkdown } from "./display";

/** Options of {@link watchThinking}. */
export interface WatchThinkingOptions {
  /** Name of a model in `data/models`, a run's folder, a checkpoint or a weights file. @default the project's for this size */
  readonly model?: string;
  /** Supervision steps to think. @default 12 */
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
 * Lets a trained model think about your own Sudoku, and shows its answer after every supervision step: a large board with a slider
 * and a play button. The weights come with the project; nothing is trained.
 *
 * @param puzzle digits in reading order, `.` or `0` for empty cells; spaces and line breaks do not count
 * @throws Error that says what is wrong with the puzzle's text, or which sizes there are models for
 * @example
 * await startEngine();
 * await watchThinking("5...6. .1..3. ...... ..16.4 ..5..1 ....4.");
 */
export async function watchThinking(puzzle: string, options: WatchThinkingOptions = {}): Promise<void> {
  const { supervisionSteps = 12, saveAs } = options;
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
  const { model, params, precision, stored } = loadModel(name);
  const reasoner = createReasoner(model, precision);
  try {
    const loss = stored.config?.training?.loss;
    const thoughts = await solve(reasoner, params, sudokuTokens(clues), {
      supervisionSteps,
      ...(loss && { loss }),
    });
    const figure = sudokuThinkingFigure(
      { box, clues, solution: problem ? new Uint8Array(cells) : sudokuSolver(box)(clues).first! },
      thoughts.map((thought) => drawn(thought, problem ? { clues, box } : undefined)),
      { title: `${name} thinks`, subtitle: "grey: clues, blue: right, orange: wrong; drag the slider" },
    );
    await showFigure(figure, saveAs);
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

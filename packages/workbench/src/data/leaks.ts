import { type Dataset, exampleAt, groupCount, mazeCells, type Rules, sudokuDigits } from "trm/batches";
import { mazeForm, sudokuForm } from "trm/puzzles";

/** Test puzzles that a training set holds, too. */
export interface SharedPuzzles {
  /** Their number. */
  readonly count: number;
  /** Test puzzles that were compared. */
  readonly of: number;
  /** The places of the first few in the test set, counted from 1. */
  readonly first: readonly number[];
}

/** Test puzzles that are compared: more would keep people waiting. */
const COMPARED = 50_000;

/** Puzzles named. */
const NAMED = 5;

/** A group's first puzzle; its others are augmentations of it. */
interface Puzzle {
  readonly inputs: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/**
 * Finds test puzzles that are training puzzles, too: the same ones, turned or mirrored ones, and Sudokus with other digits, rows
 * or columns. (4x4 Sudokus, of which there are only 36 that way, and other tasks count when they are equal.)
 */
export function sharedPuzzles(train: readonly Dataset[], test: readonly Dataset[]): SharedPuzzles {
  const known = new Map<string, { puzzles: Puzzle[]; forms?: Set<string> }>();
  for (const dataset of train) {
    for (const puzzle of puzzlesOf(dataset)) {
      const key = sketch(dataset.rules, puzzle);
      const alike = known.get(key);
      if (alike) alike.puzzles.push(puzzle);
      else known.set(key, { puzzles: [puzzle] });
    }
  }
  let [of, count] = [0, 0];
  const first: number[] = [];
  for (const dataset of test) {
    const formOf = (puzzle: Puzzle) => form(dataset.rules, puzzle);
    for (const puzzle of puzzlesOf(dataset)) {
      if (of === COMPARED) return { count, of, first };
      of++;
      const alike = known.get(sketch(dataset.rules, puzzle));
      if (!alike) continue;
      // Forms take long, so only puzzles get one that look alike.
      alike.forms ??= new Set(alike.puzzles.map(formOf));
      if (!alike.forms.has(formOf(puzzle))) continue;
      count++;
      if (first.length < NAMED) first.push(of);
    }
  }
  return { count, of, first };
}

/** What {@link sharedPuzzles} found, as a sentence; undefined where it found nothing. */
export function sharedText({ count, of, first }: SharedPuzzles): string | undefined {
  if (count === 0) return undefined;
  const places = `${first.join(", ")}${count > first.length ? ", …" : ""}`;
  return `${count} of ${of} test puzzles ${count === 1 ? "is a training puzzle" : "are training puzzles"}, too (test puzzle ${places}): accuracy on them shows memory`;
}

function* puzzlesOf(dataset: Dataset): Generator<Puzzle> {
  for (let group = 0; group < groupCount(dataset); group++) {
    const { inputs, labels } = exampleAt(dataset, dataset.puzzleIndices[dataset.groupIndices[group]]);
    yield { inputs: Uint8Array.from(inputs), labels: Uint8Array.from(labels) };
  }
}

/** A text that puzzles of one form share, quickly made: how often each digit and each row is filled. */
function sketch(rules: Rules | undefined, puzzle: Puzzle): string {
  const { inputs } = puzzle;
  const counts = (cells: ArrayLike<number>) => {
    const found = new Map<number, number>();
    for (let i = 0; i < cells.length; i++) found.set(cells[i], (found.get(cells[i]) ?? 0) + 1);
    return [...found].sort(([a], [b]) => a - b);
  };
  if (rules?.kind === "maze") return JSON.stringify([counts(inputs), counts(puzzle.labels)]);
  if (rules?.kind !== "sudoku" || rules.box[0] * rules.box[1] <= 4) return form(rules, puzzle);
  const side = rules.box[0] * rules.box[1];
  const filled = (cellAt: (line: number, i: number) => number) =>
    Array.from({ length: side }, (_, line) =>
      Array.from({ length: side }, (_, i) => Number(inputs[cellAt(line, i)] > 1)).reduce((a, b) => a + b),
    )
      .sort()
      .join("");
  const lines = [
    filled((row, column) => row * side + column),
    filled((column, row) => row * side + column),
  ].sort();
  const digits = counts(inputs)
    .filter(([token]) => token > 1)
    .map(([, count]) => count)
    .sort();
  return [...lines, digits.join(",")].join(" ");
}

function form(rules: Rules | undefined, { inputs, labels }: Puzzle): string {
  if (rules?.kind === "sudoku") {
    const [puzzle, solution] = [sudokuDigits(inputs), sudokuDigits(labels)];
    return sudokuForm({ puzzle, solution, rating: 0, source: "" }, rules.box);
  }
  if (rules?.kind === "maze") {
    const [question, answer] = [mazeCells(inputs), mazeCells(labels)];
    return mazeForm({ size: Math.sqrt(question.length), question, answer, length: 0, source: "" });
  }
  return [inputs, labels].map((tokens) => Array.from(tokens).join(" ")).join("|");
}

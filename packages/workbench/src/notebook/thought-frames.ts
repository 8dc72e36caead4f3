import { datasetBuilder, sudokuDigits, sudokuTokens } from "trm/batches";
import { checkSudoku, sudokuProblem } from "trm/puzzles";
import { beliefOf } from "trm/trainer";
import { allChains, oddPuzzles, type StepChanges } from "../analysis";
import type { Curve } from "../figures";
import { mean, median } from "../text";
import type { ResultsRow } from "./experiment-table";
import type { ShippedModel } from "./shipped-model";

/** Curves of what a supervision step does to the open cells, means per puzzle. */
export function changeCurves(changes: readonly StepChanges[], keys: readonly (keyof StepChanges)[]): Curve[] {
  const names: Partial<Record<keyof StepChanges, string>> = {
    wrongToRight: "wrong to right",
    rightToWrong: "right to wrong",
    wrongToWrong: "wrong to wrong",
    wrong: "wrong cells left",
  };
  return keys.map((key) => ({
    name: names[key] ?? key,
    steps: changes.map(({ supervisionStep }) => supervisionStep),
    seeds: [changes.map((step) => step[key])],
  }));
}

/** What a model thought about a Sudoku of a kind that it has never met. */
export interface OddThought {
  /** The kind. */
  readonly name: string;
  readonly problem: string;
  /** Of the last answer: it keeps the rules, clues included. */
  readonly solved: boolean;
  readonly conflicts: number;
  readonly changedClues: number;
  /** The supervision step, from 1, from which the answer stays as it is. */
  readonly settled: number;
  /** Belief after each step that the answer is right. */
  readonly beliefs: readonly number[];
}

/**
 * A model's thoughts about Sudokus of kinds that it has never met.
 * @param options.supervisionSteps to take, more than trained with are allowed
 * @param options.puzzles of each kind
 */
export async function oddThoughts(
  shipped: Pick<ShippedModel, "reasoner" | "params" | "box" | "test" | "usual">,
  { supervisionSteps, puzzles }: { readonly supervisionSteps: number; readonly puzzles: number },
): Promise<OddThought[]> {
  const { reasoner, params, box, test, usual } = shipped;
  const odd = Array.from({ length: puzzles }, (_, seed) => oddPuzzles(box, seed, usual)).flat();
  const builder = datasetBuilder({ ...test, name: "odd puzzles" });
  for (const { puzzle } of odd) {
    builder.example(sudokuTokens(puzzle), sudokuTokens(puzzle));
    builder.endPuzzle();
    builder.endGroup();
  }
  const options = { chains: 1, supervisionSteps, batchSize: odd.length };
  const thoughts = await allChains(reasoner, params, builder.build(), options);
  return thoughts.map(({ chains: [steps] }, i): OddThought => {
    const { name, puzzle } = odd[i];
    const end = steps[steps.length - 1].tokens;
    const { solved, conflicts, changedClues } = checkSudoku(sudokuDigits(end), box, puzzle);
    const differs = steps.map(({ tokens }) => tokens.some((token, cell) => token !== end[cell]));
    return {
      name,
      problem: sudokuProblem(puzzle, box)?.replace(/^.* are both.*$/, "two clues clash") ?? "one solution",
      solved,
      conflicts: conflicts.length,
      changedClues: changedClues.length,
      settled: differs.lastIndexOf(true) + 2,
      beliefs: steps.map(({ qHalt }) => beliefOf(qHalt)),
    };
  });
}

/** The thoughts by kind, in the order of the kinds. */
const byKind = (thoughts: readonly OddThought[]): [string, OddThought[]][] =>
  [...new Set(thoughts.map(({ name }) => name))].map((kind) => [
    kind,
    thoughts.filter(({ name }) => name === kind),
  ]);

/** Thoughts about odd puzzles as a table, a row for each kind, means over its puzzles. */
export function oddPuzzlesFrame(thoughts: readonly OddThought[]): ResultsRow[] {
  return byKind(thoughts).map(([kind, own]): ResultsRow => {
    const steps = own[0].beliefs.length;
    const over = (read: (thought: OddThought) => number) => mean(own.map(read));
    return {
      puzzle: kind,
      "what the rules say": own[0].problem,
      "answers that keep the rules %": over(({ solved }) => 100 * Number(solved)),
      "cells that clash": over(({ conflicts }) => conflicts),
      "clues changed": over(({ changedClues }) => changedClues),
      "settled at step": median(own.map(({ settled }) => settled)),
      "belief % after step 1": over(({ beliefs }) => 100 * beliefs[0]),
      [`belief % after step ${steps}`]: over(({ beliefs }) => 100 * beliefs[steps - 1]),
    };
  });
}

/** What the halting head believes of odd puzzles over the supervision steps: a curve for each kind, the mean over its puzzles. */
export function beliefCurves(thoughts: readonly OddThought[]): Curve[] {
  return byKind(thoughts).map(([name, own]) => ({
    name,
    steps: own[0].beliefs.map((_, step) => step + 1),
    seeds: [own[0].beliefs.map((_, step) => mean(own.map(({ beliefs }) => beliefs[step])))],
  }));
}

import { sudokuDigits, sudokuTokens } from "trm/batches";
import { checkSudoku, formatGrid, sudokuProblem } from "trm/puzzles";
import { beliefOf } from "trm/trainer";
import { answerInChains, oddPuzzles, type StepChanges } from "../analysis";
import type { Curve } from "../figures";
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

/**
 * A model's answers to Sudokus of kinds that it has never met, a row for each.
 * @param supervisionSteps to take, more than trained with are allowed
 */
export async function oddPuzzlesFrame(
  shipped: Pick<ShippedModel, "reasoner" | "params" | "box">,
  supervisionSteps: number,
): Promise<ResultsRow[]> {
  const { reasoner, params, box } = shipped;
  const rows: ResultsRow[] = [];
  for (const { name, puzzle } of oddPuzzles(box, 1)) {
    const options = { chains: 1, method: "last", supervisionSteps } as const;
    const thought = await answerInChains(reasoner, params, sudokuTokens(puzzle), options);
    const [steps] = thought.puzzle.chains;
    const answers = steps.map(({ tokens }) => sudokuDigits(tokens));
    const checks = answers.map((answer) => checkSudoku(answer, box, puzzle));
    const last = checks[checks.length - 1];
    const end = formatGrid(answers[answers.length - 1]);
    const settled = answers.map(formatGrid).reduce((at, answer, step) => (answer === end ? at : step + 1), 0);
    const belief = (step: number) => 100 * beliefOf(steps[step].qHalt);
    rows.push({
      puzzle: name,
      "what the rules say": sudokuProblem(puzzle, box) ?? "one solution",
      "answer keeps the rules": last.solved ? "yes" : "no",
      "cells that clash": last.conflicts.length,
      "clues changed": last.changedClues.length,
      "last change at step": settled + 1,
      "belief % after step 1": belief(0),
      [`belief % after step ${steps.length}`]: belief(steps.length - 1),
    });
  }
  return rows;
}

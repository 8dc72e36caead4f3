import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { disposeTree } from "tfjs-compile";
import { type PuzzleHints, puzzleKind } from "trm/batches";
import { createReasoner, solve } from "trm/trainer";
import type { RunConfigChanges } from "trm-workbench/config";
import { parseBox } from "trm-workbench/runs";
import { percent } from "trm-workbench/text";
import { deviceOption, type EngineCommandOptions, startEngineFor } from "./engine";
import { boxOption, jsonOption, modelConfigOption, weightsOption, wholeNumber } from "./options";
import { finish } from "./output";
import { loadModel } from "./weights";

interface SolveCommandOptions extends EngineCommandOptions {
  readonly weights: "ema" | "live";
  readonly config?: string;
  readonly supervisionSteps?: number;
  readonly box?: string;
  readonly json?: boolean;
}

/** `trm solve WEIGHTS PUZZLE`: one puzzle, drawn after every supervision step. */
export const solveCommand = new Command("solve")
  .description("solve one Sudoku or maze and draw the answer after every supervision step")
  .argument("<weights>", "a run's folder, a checkpoint, or a weights file")
  .argument(
    "[puzzle]",
    "the puzzle as text: Sudoku cells in reading order, . or 0 for blanks; maze cells # wall, space, S, G; from standard input when left out",
  )
  .addOption(weightsOption())
  .addOption(modelConfigOption())
  .addOption(
    new Option("--supervision-steps <K>", "supervision steps; those trained with when left out").argParser(
      wholeNumber(),
    ),
  )
  .addOption(boxOption("--box <box>", "box of the Sudoku, ROWSxCOLUMNS; that of the run when left out"))
  .addOption(deviceOption())
  .addOption(jsonOption())
  .action(async (path: string, puzzle: string | undefined, options: SolveCommandOptions) => {
    const text = puzzle ?? readFileSync(0, "utf8");
    await startEngineFor(options);
    const { model, params, precision, stored } = loadModel(path, options);
    const kind = puzzleKind(model.config, hintsOf(stored.config?.data, options.box));
    const question = kind.parse(text);
    const problem = kind.problem(question);
    if (problem) console.error(`trm: ${problem}`);
    const reasoner = createReasoner(model, precision);
    const thoughts = solve(reasoner, params, kind.tokens(question), {
      ...(options.supervisionSteps && { supervisionSteps: options.supervisionSteps }),
    });
    disposeTree(params);
    reasoner.dispose();
    const steps: SolvingStep[] = [];
    for (const { tokens, qHalt } of thoughts) {
      const cells = kind.cells(tokens);
      steps.push({
        step: steps.length + 1,
        cells,
        answer: kind.format(cells),
        halts: 1 / (1 + Math.exp(-qHalt)),
        changed: cells.reduce((count, cell, i) => count + Number(cell !== steps.at(-1)?.cells[i]), 0),
        solved: kind.isSolved(cells, question),
      });
      if (!options.json) console.log(`${stepTitle(steps)}\n${kind.draw(cells, question)}\n`);
    }
    const last = steps[steps.length - 1];
    const result = {
      solved: last.solved,
      answer: last.answer,
      steps: steps.map(({ cells, ...step }) => step),
    };
    finish(options.json, result, () => verdict(steps));
  });

/** Facts about the puzzles from the run's data; the option overrules them. */
function hintsOf(data: RunConfigChanges["data"], box: string | undefined): PuzzleHints {
  const { kind, box: ofRun } = { kind: undefined, box: undefined, ...data } as {
    kind?: string;
    box?: string;
  };
  const text = box ?? ofRun;
  return {
    ...(kind !== undefined && kind !== "folder" && { kind: kind === "maze" ? "maze" : "sudoku" }),
    ...(text !== undefined && { box: parseBox(text) }),
  };
}

interface SolvingStep {
  readonly step: number;
  readonly cells: Uint8Array;
  readonly answer: string;
  /** The model's belief that its answer is right. */
  readonly halts: number;
  /** Cells that differ from the step before. */
  readonly changed: number;
  readonly solved: boolean;
}

function stepTitle(steps: readonly SolvingStep[]): string {
  const { step, halts, changed } = steps[steps.length - 1];
  const news = step === 1 ? "" : `, ${changed} ${changed === 1 ? "cell" : "cells"} changed`;
  return `step ${step}: believes to be right with ${percent(halts)}${news}`;
}

function verdict(steps: readonly SolvingStep[]): string {
  const first = steps.find(({ solved }, i) => solved && steps.slice(i).every((later) => later.solved));
  if (first) return `solved from step ${first.step} on: ${first.answer}`;
  return `not solved after ${steps.length} steps`;
}

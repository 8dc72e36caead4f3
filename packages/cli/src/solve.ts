import { readFileSync } from "node:fs";
import { Command } from "commander";
import { disposeTree } from "tfjs-compile";
import { puzzleKind } from "trm/batches";
import { beliefOf, createReasoner } from "trm/trainer";
import { answerInChains, spentOnAll } from "trm-workbench/analysis";
import { percent } from "trm-workbench/text";
import { deviceOption, type EngineCommandOptions, startEngineFor } from "./engine";
import { boxOption, jsonOption, modelConfigOption, weightsOption } from "./options";
import { finish } from "./output";
import { addThinkingOptions, chainOptionsOf, hintsOf, type ThinkingOptions } from "./thinking";
import { loadWeights, weightsArgument } from "./weights";

interface SolveCommandOptions extends EngineCommandOptions, ThinkingOptions {
  readonly weights: "ema" | "live";
  readonly config?: string;
  readonly box?: string;
  readonly json?: boolean;
}

/** `trm solve WEIGHTS PUZZLE`: one puzzle, drawn after every supervision step. */
export const solveCommand = addThinkingOptions(
  new Command("solve")
    .description("solve one Sudoku, maze or row of numbers and draw the answer after every supervision step")
    .argument("<weights>", weightsArgument())
    .argument(
      "[puzzle]",
      "the puzzle as text: Sudoku cells in reading order, . or 0 for blanks; maze cells # wall, space, S, G; tokens of another task; from standard input when left out",
    )
    .addOption(weightsOption())
    .addOption(modelConfigOption()),
)
  .addOption(boxOption("--box <box>", "box of the Sudoku, ROWSxCOLUMNS; that of the run when left out"))
  .addOption(deviceOption())
  .addOption(jsonOption())
  .action(async (path: string, puzzle: string | undefined, options: SolveCommandOptions) => {
    const asked = chainOptionsOf(options);
    const text = puzzle ?? readFileSync(0, "utf8");
    await startEngineFor(options);
    const { model, params, precision, stored } = loadWeights(path, options);
    const hints = hintsOf(stored, options.box);
    const kind = puzzleKind(model.config, hints);
    const question = kind.parse(text);
    const problem = kind.problem(question);
    if (problem) console.error(`trm: ${problem}`);
    const reasoner = createReasoner(model, precision);
    const { supervisionSteps } = options;
    const oneTry = { chains: 1, method: "last" as const, ...(supervisionSteps && { supervisionSteps }) };
    const chainOptions = { ...(asked ?? oneTry), hints };
    const thought = await answerInChains(reasoner, params, kind.tokens(question), chainOptions);
    disposeTree(params);
    reasoner.dispose();
    const { chains } = thought.puzzle;
    const { chain, step: lastStep } = thought.choice ?? { chain: 0, step: chains[0].length - 1 };
    const steps: SolvingStep[] = [];
    for (const { tokens, qHalt } of chains[chain].slice(0, lastStep + 1)) {
      const cells = kind.cells(tokens);
      steps.push({
        step: steps.length + 1,
        cells,
        answer: kind.format(cells),
        halts: beliefOf(qHalt),
        changed: cells.reduce((count, cell, i) => count + Number(cell !== steps.at(-1)?.cells[i]), 0),
        solved: kind.isSolved(cells, question),
      });
      if (!options.json) console.log(`${stepTitle(steps)}\n${kind.draw(cells, question)}\n`);
    }
    const last = steps[steps.length - 1];
    const spent = thought.choice?.spent ?? spentOnAll(chains);
    const chosen = asked && {
      method: asked.method,
      chains: asked.chains,
      spent,
      answered: thought.choice !== undefined,
      chain: chain + 1,
    };
    const result = {
      ...(last.solved !== undefined && { solved: last.solved }),
      answer: last.answer,
      ...(chosen && { chosen }),
      steps: steps.map(({ cells, ...step }) => step),
    };
    finish(options.json, result, () => {
      if (!chosen) return verdict(steps);
      const source = chosen.answered
        ? `chain ${chosen.chain} of ${chosen.chains}, chosen by ${chosen.method}`
        : `${chosen.method} chose no answer; this is chain 1 of ${chosen.chains}`;
      return `${source}, after ${spent} supervision steps in all\n${verdict(steps)}`;
    });
  });

interface SolvingStep {
  readonly step: number;
  readonly cells: Uint8Array;
  readonly answer: string;
  /** The model's belief that its answer is right. */
  readonly halts: number;
  /** Cells that differ from the step before. */
  readonly changed: number;
  /** Undefined where no rules tell. */
  readonly solved: boolean | undefined;
}

function stepTitle(steps: readonly SolvingStep[]): string {
  const { step, halts, changed } = steps[steps.length - 1];
  const news = step === 1 ? "" : `, ${changed} ${changed === 1 ? "cell" : "cells"} changed`;
  return `step ${step}: believes to be right with ${percent(halts)}${news}`;
}

function verdict(steps: readonly SolvingStep[]): string {
  const first = steps.find(({ solved }, i) => solved && steps.slice(i).every((later) => later.solved));
  if (steps[0].solved === undefined)
    return `answer after step ${steps.length}: ${steps[steps.length - 1].answer}`;
  if (first) return `solved from step ${first.step} on: ${first.answer}`;
  return `not solved after ${steps.length} steps`;
}

import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { mazeCells, mazeTokens, sudokuDigits, sudokuTokens } from "../batches";
import { disposeTree, tf } from "../engine";
import type { BatchTensors, ModelConfig } from "../model";
import {
  type Box,
  checkMaze,
  checkSudoku,
  formatGrid,
  formatMaze,
  MAZE,
  mazePicture,
  parseGrid,
  parseMaze,
  sudokuPicture,
} from "../puzzles";
import { createReasoner } from "../trainer";
import { deviceOption, type EngineCommandOptions, startEngineFor } from "./engine";
import { jsonOption, weightsOption, wholeNumber } from "./options";
import { finish, percent } from "./output";
import { boxOfCells } from "./test-data";
import { loadModel } from "./weights";

interface SolveCommandOptions extends EngineCommandOptions {
  readonly weights: "ema" | "live";
  readonly config?: string;
  readonly supervisionSteps?: number;
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
  .addOption(
    new Option(
      "--config <preset|file>",
      "how the model works, for a PyTorch file that has no .yaml beside it",
    ),
  )
  .addOption(
    new Option("--supervision-steps <K>", "supervision steps; those trained with when left out").argParser(
      wholeNumber(),
    ),
  )
  .addOption(deviceOption())
  .addOption(jsonOption())
  .action(async (path: string, puzzle: string | undefined, options: SolveCommandOptions) => {
    const text = puzzle ?? readFileSync(0, "utf8");
    await startEngineFor(options);
    const { model, params, precision } = loadModel(path, options);
    const kind = puzzleKind(model.config);
    const question = kind.parse(text);
    const reasoner = createReasoner(model, precision);
    const batch = oneQuestion(kind.tokens(question));
    const steps: SolvingStep[] = [];
    let latents = reasoner.start(params, batch);
    for (let step = 1; step <= (options.supervisionSteps ?? model.config.supervisionSteps); step++) {
      const { output, sums } = await reasoner.step.async(params, latents, batch);
      disposeTree([latents, sums]);
      latents = output.latents;
      const best = tf.tidy(() => tf.cast(tf.argMax(output.logits, -1), "int32"));
      const answer = kind.cells((await best.data()) as Int32Array);
      const [q] = await output.qHalt.data();
      disposeTree([best, output.logits, output.qHalt, output.qContinue]);
      const halts = 1 / (1 + Math.exp(-q));
      const changed = answer.reduce((count, cell, i) => count + Number(cell !== steps.at(-1)?.cells[i]), 0);
      const solved = kind.isSolved(answer, question);
      steps.push({ step, cells: answer, answer: kind.format(answer), halts, changed, solved });
      if (!options.json) console.log(`${stepTitle(steps)}\n${kind.draw(answer, question)}\n`);
    }
    disposeTree([latents, batch, params]);
    reasoner.dispose();
    const last = steps[steps.length - 1];
    const result = {
      solved: last.solved,
      answer: last.answer,
      steps: steps.map(({ cells, ...step }) => step),
    };
    finish(options.json, result, () => verdict(steps));
  });

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

/** Everything that depends on what kind of puzzle a model was trained on. */
interface PuzzleKind {
  parse(text: string): Uint8Array;
  tokens(question: Uint8Array): Uint8Array;
  cells(tokens: Int32Array): Uint8Array;
  format(answer: Uint8Array): string;
  isSolved(answer: Uint8Array, question: Uint8Array): boolean;
  draw(answer: Uint8Array, question: Uint8Array): string;
}

function puzzleKind({ seqLen, vocabSize }: ModelConfig): PuzzleKind {
  const box = boxOfCells(seqLen);
  if (box && vocabSize === Math.sqrt(seqLen) + 2) return sudokuKind(box);
  if (vocabSize === 6 && Number.isInteger(Math.sqrt(seqLen))) return mazeKind(Math.sqrt(seqLen));
  throw new Error(
    `the model answers puzzles of ${seqLen} cells of ${vocabSize} kinds; solve knows Sudokus and mazes. ` +
      "ARC tasks need their augmentations and votes: build a dataset folder and use trm eval",
  );
}

function sudokuKind(box: Box): PuzzleKind {
  return {
    parse: (text) => parseGrid(text, box),
    tokens: sudokuTokens,
    cells: sudokuDigits,
    format: formatGrid,
    isSolved: (answer, question) => checkSudoku(answer, box, question).solved,
    draw(answer, question) {
      const { conflicts, changedClues } = checkSudoku(answer, box, question);
      const wrong = new Set([...conflicts, ...changedClues]);
      return sudokuPicture(answer, box, (cell) => (wrong.has(cell) ? "!" : " "));
    },
  };
}

function mazeKind(size: number): PuzzleKind {
  return {
    parse(text) {
      const maze = parseMaze(text);
      if (maze.length === size * size) return maze;
      const side = Math.sqrt(maze.length);
      throw new Error(`the maze is ${side}x${side}, but the model was trained on ${size}x${size}`);
    },
    tokens: mazeTokens,
    cells: mazeCells,
    // A kind that no maze has is shown, not dropped.
    format: (answer) => Array.from(answer, (kind) => formatMaze(Uint8Array.of(kind)) || "?").join(""),
    isSolved: (answer, question) => checkMaze(question, answer).solved,
    draw: (answer, question) =>
      mazePicture(question, (cell) =>
        answer[cell] === question[cell]
          ? null
          : answer[cell] === MAZE.path && question[cell] === MAZE.open
            ? "· "
            : "× ",
      ),
  };
}

/** A batch of one puzzle without an answer. */
function oneQuestion(tokens: Uint8Array): BatchTensors {
  const inputs = tf.tensor2d(Int32Array.from(tokens), [1, tokens.length], "int32");
  return { inputs, labels: inputs.clone(), puzzleIdentifiers: tf.zeros([1], "int32") };
}

import { type Dataset, exampleAt, mazeRows, rulesOf, sudokuDigits } from "trm/batches";
import { createTrainer, evaluate, type History, type Trainer, type TrainOptions, train } from "trm/trainer";
import { type Figure, mazeFigure, sudokuFigure } from "../figures";
import { firstExamples } from "../runs";
import { onInterrupt, Stopped } from "../terminal/interrupt";
import { changesOf, finalOf, noteRun } from "./my-runs";
import { trainingView } from "./training-view";

/** Options of {@link watchTraining} besides those of training. */
export interface WatchOptions extends TrainOptions {
  /** Title of the live chart. */
  readonly title: string;
  /** Name of the run in the charts and in `myRuns`. Default "TRM". */
  readonly name?: string;
  /** Saves the finished chart under this name in `figures/`. */
  readonly saveAs?: string;
}

/** What has been recorded of each trainer. */
const histories = new WeakMap<Trainer, History>();

/**
 * Trains in a notebook (or a terminal): a progress bar, a chart of the held-out accuracy that grows, the loss, and a held-out puzzle
 * as the model answers it at each evaluation. An interrupt stops after the steps under way and keeps the state; called again
 * with the same trainer it goes on. A run that ends is noted for `myRuns`.
 *
 * @returns the record of all of the trainer's steps, earlier calls included
 * @throws Stopped when the cell was interrupted, so that the cells after it do not run on an unfinished model
 */
export async function watchTraining(trainer: Trainer, options: WatchOptions): Promise<History> {
  const untilStep = options.untilStep ?? trainer.config.totalSteps;
  const earlier = histories.get(trainer);
  const view = trainingView({ ...options, ...(earlier && { earlier }) });
  const test = [options.test ?? []].flat().at(0);
  const shown = options.weights?.at(-1) ?? "ema";
  view.begin(trainer.step, untilStep);
  try {
    const part = await train(trainer, {
      signal: onInterrupt(),
      ...options,
      async onStep(report) {
        view.step(report);
        await options.onStep?.(report);
      },
      async onEvaluation(report, trainer) {
        view.evaluation(report);
        if (test && report.weights === shown) {
          const figure = await puzzleNow(trainer, test, report.weights);
          if (figure) view.puzzle(() => figure);
        }
        await options.onEvaluation?.(report, trainer);
      },
    });
    const history = earlier ? joined(earlier, part) : part;
    histories.set(trainer, history);
    await view.finish(options.saveAs);
    if (history.interrupted) {
      throw new Stopped(`stopped at step ${trainer.step} of ${untilStep}: run this cell again to go on`);
    }
    if (part.steps.length > 0) note(trainer, history, options, test);
    return history;
  } finally {
    view.close();
  }
}

function note(
  trainer: Trainer,
  history: History,
  { title, name = "TRM" }: WatchOptions,
  test?: Dataset,
): void {
  const last = finalOf(history.evaluations);
  if (last === undefined) return;
  noteRun({
    experiment: title,
    variant: name,
    task: test?.name ?? "",
    changes: changesOf({ model: trainer.model.config, training: trainer.config }),
    seed: trainer.config.seed,
    steps: trainer.step,
    solved: last.solved,
    seconds: history.trainingSeconds,
  });
}

function joined(first: History, second: History): History {
  return {
    ...second,
    steps: [...first.steps, ...second.steps],
    evaluations: [...first.evaluations, ...second.evaluations],
    trainingSeconds: first.trainingSeconds + second.trainingSeconds,
  };
}

/** Trainers of {@link keptTrainer}, with what they were asked for. */
const kept = new Set<{ readonly trainer: Trainer; readonly data: unknown; readonly settings: string }>();

/**
 * A trainer that is not lost when its cell is run again: after an interrupt of {@link watchTraining} it is the one that stands in
 * the middle of its run; otherwise a new one, as `createTrainer` makes it. Another model, other settings or other puzzles are a new run.
 *
 * @example
 * const { train, test } = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 1, T: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const trainer = keptTrainer(model, { ...paperTraining, batchSize: 16, totalSteps: 4 }, train);
 * await watchTraining(trainer, { title: "Held-out puzzles while training", test });
 */
export function keptTrainer(...parameters: Parameters<typeof createTrainer>): Trainer {
  const [model, config, data] = parameters;
  const settings = JSON.stringify(config);
  const ofModel = [...kept].filter(({ trainer }) => trainer.model === model);
  // The other seeds of a loop are not trained again either.
  const goesOn = ofModel.some(({ trainer }) => histories.get(trainer)?.interrupted);
  const same = ofModel.find((each) => each.settings === settings && each.data === data);
  if (same && goesOn) return same.trainer;
  if (same) kept.delete(same);
  const trainer = createTrainer(...parameters);
  kept.add({ trainer, data, settings });
  return trainer;
}

/** The first held-out puzzle with the answer of these weights; undefined for a kind of puzzle that has no figure. */
async function puzzleNow(
  trainer: Trainer,
  test: Dataset,
  weights: "live" | "ema",
): Promise<Figure | undefined> {
  const rules = rulesOf(test);
  if (rules === undefined) return undefined;
  let tokens = new Int32Array();
  await evaluate(trainer.reasoner, trainer.params(weights), firstExamples([test], 1), {
    batchSize: trainer.config.batchSize, // of a size that is compiled already
    onAnswers(_batch, answers) {
      tokens = answers.tokens.slice(0, test.seqLen);
    },
  });
  const { inputs, labels } = exampleAt(test, 0);
  const heading = { title: `A held-out puzzle, answered at step ${trainer.step}` };
  if (rules.kind === "maze") {
    const [question, prediction, solution] = [inputs, tokens, labels].map(mazeRows);
    return mazeFigure({ question, prediction, solution }, heading);
  }
  const [clues, prediction, solution] = [inputs, tokens, labels].map(sudokuDigits);
  return sudokuFigure({ box: rules.box, clues, prediction, solution }, heading);
}

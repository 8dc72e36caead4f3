import { Command, Option } from "commander";
import { disposeTree, nativeCompiler } from "tfjs-compile";
import { hasAnswers } from "trm/batches";
import { createReasoner } from "trm/trainer";
import {
  type ChainEvaluation,
  evaluateChains,
  type IdentifierChoice,
  identifiersOf,
  methods,
  withIdentifiers,
} from "trm-workbench/analysis";
import { digestOf, digestOfNames, type Split } from "trm-workbench/data";
import { refuseExisting, writeFileAtomic } from "trm-workbench/files";
import { readWeights } from "trm-workbench/official";
import {
  type ArcResult,
  arcVotes,
  type DetailedEvaluation,
  evaluateInDetail,
  firstExamples,
  PASS_AT,
} from "trm-workbench/runs";
import { onInterrupt, progress } from "trm-workbench/terminal";
import { count, duration, namedLines, numberTable, percent } from "trm-workbench/text";
import { deviceOption, type EngineCommandOptions, startEngineFor } from "./engine";
import {
  jsonOption,
  modelConfigOption,
  oneOf,
  presetList,
  threadsOption,
  weightsOption,
  wholeNumber,
} from "./options";
import { finish } from "./output";
import { checkFits, openTestData, type TestData } from "./test-data";
import { addThinkingOptions, chainOptionsOf, hintsOf, type ThinkingOptions } from "./thinking";
import { loadWeights, weightsArgument } from "./weights";

interface EvalCommandOptions extends EngineCommandOptions, ThinkingOptions {
  readonly data?: string;
  readonly split: Split;
  readonly weights: "ema" | "live";
  readonly config?: string;
  readonly batchSize: number;
  readonly limit?: number;
  readonly quantiles: number;
  readonly identifiers: IdentifierChoice;
  readonly submission?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `trm eval WEIGHTS`: accuracy on held-out puzzles, as the paper measures it. */
export const evalCommand = addThinkingOptions(
  new Command("eval")
    .description("evaluate a run, a checkpoint, or a weights file on held-out puzzles")
    .argument("<weights>", weightsArgument())
    .addOption(
      new Option(
        "--data <source>",
        `a dataset folder, a file of Sudokus or mazes (.csv, .txt), or a preset (${presetList()}); the run's own held-out puzzles when left out`,
      ),
    )
    .addOption(oneOf("--split <split>", "part of a dataset folder", ["test", "train"], "test"))
    .addOption(weightsOption())
    .addOption(modelConfigOption()),
)
  .addOption(
    new Option("--batch-size <n>", "puzzles at a time, times their chains")
      .argParser(wholeNumber())
      .default(64),
  )
  .addOption(new Option("--limit <n>", "only the first so many puzzles").argParser(wholeNumber()))
  .addOption(
    new Option("--quantiles <n>", "ranges of difficulty, where the data has ratings")
      .argParser(wholeNumber())
      .default(4),
  )
  .addOption(
    oneOf(
      "--identifiers <which>",
      "puzzle identifiers that the model gets: their own, the blank one for all, or those of other puzzles",
      ["own", "blank", "shuffled"],
      "own",
    ),
  )
  .addOption(new Option("--submission <file>", "write the Kaggle submission file (ARC only)"))
  .addOption(new Option("--force", "overwrite the submission file if it exists"))
  .addOption(deviceOption())
  .addOption(threadsOption())
  .addOption(jsonOption())
  .action(async (path: string, options: EvalCommandOptions) => {
    if (options.submission && options.limit) {
      throw new Error("--submission needs the answers to all puzzles: leave --limit out");
    }
    if (options.submission && !options.force) {
      refuseExisting([options.submission], "choose another name, or add --force");
    }
    const chains = chainOptionsOf(options);
    const source = options.data ?? ownData(path);
    const signal = onInterrupt();
    const { backend, device } = await startEngineFor(options);
    const data = await openTestData(source, options.split);
    try {
      const outcome = await evaluateOn(path, data, options, chains, signal);
      if (options.submission && outcome.arc) {
        writeFileAtomic(options.submission, JSON.stringify(outcome.arc.submission));
      }
      const { arc, evaluation, step } = outcome;
      const result = {
        engine: backend,
        // Which of the two computes the compiled functions of TensorFlow's engine.
        compiled: nativeCompiler() ? "native" : backend,
        device,
        weights: path,
        ...(step !== undefined && { step }),
        data: data.name,
        digest: digestOf(data.datasets),
        ...(options.identifiers !== "own" && { identifiers: options.identifiers }),
        ...evaluation,
        ...(arc && { knownAnswers: arc.known, passAt: arc.passAt, unanswered: arc.unanswered }),
      };
      finish(options.json, result, () => summary(path, data, outcome));
    } catch (error) {
      if (!signal.aborted) throw error;
      console.error("trm: stopped before the evaluation was complete");
      process.exitCode = 130;
    } finally {
      data.close();
    }
  });

interface Outcome {
  readonly step?: number;
  readonly evaluation: DetailedEvaluation | ChainEvaluation;
  readonly arc?: ArcResult;
}

async function evaluateOn(
  path: string,
  data: TestData,
  options: EvalCommandOptions,
  chains: ReturnType<typeof chainOptionsOf>,
  signal: AbortSignal,
): Promise<Outcome> {
  if (options.submission && !data.extras) {
    throw new Error(
      "--submission is for ARC, whose dataset folders have a test_puzzles.json; this data has none",
    );
  }
  const datasets = options.limit ? firstExamples(data.datasets, options.limit) : data.datasets;
  if (!data.extras && !datasets.some(hasAnswers)) {
    throw new Error(`${data.name} has no answers: without them there is nothing to measure`);
  }
  const { model, params, precision, stored } = loadWeights(path, { ...options, data: datasets[0] });
  checkFits(model.config, data);
  if (options.identifiers !== "own" && model.config.puzzleEmbSize === 0) {
    throw new Error("--identifiers is for models with a puzzle embedding; model.puzzleEmbSize is 0 here");
  }
  const names = data.extras?.identifiers ?? [];
  const trainedOn = stored.data?.identifiers;
  if (trainedOn !== undefined && names.length > 1 && digestOfNames(names) !== trainedOn) {
    console.error(
      `trm: ${path} was trained on other tasks than those of ${data.name}: its puzzle embeddings are not theirs, and accuracy tells little`,
    );
  }
  const reasoner = createReasoner(model, precision);
  const votes = data.extras && arcVotes(data.extras, datasets[0].blankIdentifierId);
  const total = datasets.reduce((sum, { inputs, seqLen }) => sum + inputs.length / seqLen, 0);
  const bar = progress(total, { label: "evaluating", unit: "puzzles" });
  try {
    const own = Int32Array.from(datasets.flatMap((dataset) => [...identifiersOf(dataset)]));
    const sets = datasets.map((dataset) => withIdentifiers(dataset, options.identifiers));
    const common = {
      batchSize: Math.min(options.batchSize, total),
      quantiles: options.quantiles,
      signal,
      ...(options.supervisionSteps && { supervisionSteps: options.supervisionSteps }),
      ...(data.ratings && { ratings: data.ratings }),
    };
    const evaluation: DetailedEvaluation | ChainEvaluation = chains
      ? await evaluateChains(reasoner, params, sets, {
          ...common,
          ...chains,
          batchSize: options.batchSize,
          hints: hintsOf(stored),
          onAnswer(puzzle, answer, done) {
            const { inputs, labels } = puzzle;
            const row = { size: 1, count: 1, seqLen: inputs.length, inputs, labels };
            if (answer) {
              votes?.add(
                { ...row, puzzleIdentifiers: own.slice(done - 1, done) },
                { tokens: answer.tokens, qHalt: Float32Array.of(answer.qHalt) },
              );
            }
            bar.update(done);
          },
        })
      : await evaluateInDetail(reasoner, params, sets, {
          ...common,
          onAnswers(batch, answers, done) {
            const puzzleIdentifiers = new Int32Array(batch.size).fill(datasets[0].blankIdentifierId);
            puzzleIdentifiers.set(own.subarray(done - batch.count, done));
            votes?.add({ ...batch, puzzleIdentifiers }, answers);
            bar.update(done);
          },
        });
    return {
      evaluation,
      ...(stored.step !== undefined && { step: stored.step }),
      ...(votes && { arc: votes.result(options.limit !== undefined) }),
    };
  } finally {
    bar.done();
    disposeTree(params);
    reasoner.dispose();
  }
}

function ownData(path: string) {
  const { config } = readWeights(path);
  if (config?.data) return config;
  throw new Error(`${path} does not say which data it was trained on: name it with --data`);
}

/** The first 16 steps, the last, and between them 32, 64 and so on: a page, however long the model thinks. */
const isShown = (step: number, steps: number): boolean =>
  step <= 16 || step === steps || Number.isInteger(Math.log2(step));

function summary(path: string, data: TestData, { step, evaluation, arc }: Outcome): string {
  const { solved, cells, halting, baselines, seconds, puzzlesPerSecond, bySteps, byDifficulty } = evaluation;
  const about: [string, string][] = [
    ["weights", step === undefined ? path : `${path} (step ${count(step)})`],
    ["data", data.name],
  ];
  if (evaluation.count === 0) {
    const unknown = "unknown, so nothing can be measured; votes and the submission are made all the same";
    const without = arc?.unanswered.length ? [`without any answer: ${arc.unanswered.join(", ")}`] : [];
    return [namedLines([...about, ["answers", unknown], ["time", duration(seconds)]]), ...without].join("\n");
  }
  const chosen = "score" in evaluation ? chosenLines(evaluation) : [];
  const parts = [
    namedLines([
      ...about,
      ["solved", `${percent(solved)} of ${count(evaluation.count)} puzzles`],
      ["cells", `${percent(cells)} (copying the question: ${percent(baselines.cells)})`],
      [
        "halting",
        `${percent(halting)} right about being right (always believing the same: ${percent(baselines.halting)})`,
      ],
      ...chosen,
      ["time", `${duration(seconds)}, ${puzzlesPerSecond.toPrecision(3)} puzzles/s`],
    ]),
    numberTable(
      ["supervision steps", "solved", "cells", "halting"],
      bySteps.flatMap((at, i) =>
        isShown(i + 1, bySteps.length)
          ? [[String(i + 1), percent(at.solved), percent(at.cells), percent(at.halting)]]
          : [],
      ),
    ),
  ];
  // Generated 4x4 puzzles all have the same rating, which is nothing to compare.
  if (byDifficulty && byDifficulty.length > 1) {
    const rows = byDifficulty.map(({ from, to, count: size, solved, cells }) => [
      from === to ? String(from) : `${from} to ${to}`,
      count(size),
      percent(solved),
      percent(cells),
    ]);
    parts.push(numberTable(["rating", "puzzles", "solved", "cells"], rows));
  }
  if (arc) {
    parts.push(
      numberTable(
        ["ARC", "tasks"],
        PASS_AT.map((k) => [`pass@${k}`, percent(arc.passAt[k])]),
      ),
    );
    if (arc.unanswered.length > 0) parts.push(`without any answer: ${arc.unanswered.join(", ")}`);
  }
  return parts.join("\n");
}

/** What the choice among chains cost, and what it missed. */
function chosenLines({ method, chains, score }: ChainEvaluation): [string, string][] {
  return [
    [
      "chosen",
      `${method} of ${count(chains)} ${chains === 1 ? "chain" : "chains"}: ${methods[method].about}`,
    ],
    ["cost", `${score.spent.toFixed(1)} supervision steps a puzzle`],
    ["oracle", `${percent(score.oracle)} have a right answer in some chain after some step`],
    ["not chosen", `${percent(score.selectionFailures)} had a right answer that was not chosen`],
    ...(score.answered < 1 ? [["answered", percent(score.answered)] satisfies [string, string]] : []),
  ];
}

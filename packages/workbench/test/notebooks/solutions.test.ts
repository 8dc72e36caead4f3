import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as trm from "trm-workbench";
import { type RunOutcome, type TrainRuns, trainExperiment, writeFacts } from "../../src/experiments";
import { writeFileAtomic } from "../../src/files";
import { projectFolder } from "../../src/files/paths";
import { trainFolder } from "../../src/runs/worker";
import { emptyStore } from "../experiments/support";

const notebooks = join(projectFolder, "notebooks");
const signal = new AbortController().signal;

/** Trains in this process: loading the engine takes longer than these runs. */
const trainHere: TrainRuns = async (runs) => {
  const outcomes = new Map<(typeof runs)[number], RunOutcome>();
  for (const run of runs) {
    writeFileAtomic(join(run.folder, "config.json"), JSON.stringify(run.config));
    const end = await trainFolder({ folder: run.folder }, signal, () => {});
    assert.ok(end.event === "done");
    writeFacts(run.folder, run.config, end.trained);
    outcomes.set(run, { trained: end.trained });
  }
  return outcomes;
};

/** Two training steps show that a solution works. */
const short = {
  training: { totalSteps: 2, warmupSteps: 1, batchSize: 8 },
  evaluation: { every: 0 },
} as const;

async function runExperiment(experiment: trm.Experiment, options: trm.RunExperimentOptions = {}) {
  const { variants } = options;
  const shortened = trm.variants(experiment, { all: short });
  const settings = { budget: "smoke", seeds: 1, weights: true, signal, train: trainHere } as const;
  const { result } = await trainExperiment(shortened, { ...settings, ...(variants && { variants }) });
  assert.ok(result.variants.every(({ runs }) => runs.length === 1));
  return result;
}

const puzzlesIn = (datasets: trm.Dataset | readonly trm.Dataset[]) =>
  [datasets].flat().reduce((sum, dataset) => sum + trm.exampleCount(dataset), 0);

/** The library with small models and short runs; the rest is as the reader has it. */
const library = (notebook: string): typeof trm => ({
  ...trm,
  presetConfig: () =>
    trm.parseRunConfig(
      [{ data: { train: 20, test: 8 }, model: { supervisionSteps: 2, hiddenSize: 32 } }, short].reduce(
        trm.mergeConfig,
        trm.presetConfig("sudoku-4x4"),
      ),
    ),
  // Rows that only pad a batch cost as much as others.
  evaluate: (reasoner, params, datasets, options) =>
    trm.evaluate(reasoner, params, datasets, { ...options, batchSize: puzzlesIn(datasets) }),
  allChains: (reasoner, params, datasets, options) =>
    trm.allChains(reasoner, params, datasets, {
      ...options,
      batchSize: options.chains * puzzlesIn(datasets),
    }),
  runExperiment,
  evaluateChains: (reasoner, params, datasets, options) =>
    trm.evaluateChains(reasoner, params, datasets, {
      ...options,
      batchSize: options.chains * puzzlesIn(datasets),
    }),
  async trainedModel(experiment, variant) {
    const { variants } = await runExperiment(experiment, { variants: [variant] });
    return trm.loadRun(variants[0]!.runs[0]!);
  },
  async shippedModel(_name, { puzzles }) {
    const most = notebook.startsWith("12") ? 1 : 8;
    const shipped = await trm.shippedModel("sudoku-4x4", { puzzles: Math.min(puzzles, most) });
    // The 4x4 network fails nowhere, and notebook 11 asks about failures.
    return notebook.startsWith("11")
      ? { ...shipped, params: shipped.model.init(trm.createRandom(1)) }
      : shipped;
  },
});

type Solutions = Readonly<Record<string, (() => void | Promise<void>) | undefined>>;

/** The functions of a file, which get `trm` where it imports the library. */
function solutionsOf(notebook: string, library: typeof trm): Solutions {
  const entry = require.cache[require.resolve("trm-workbench")]!;
  const { exports } = entry;
  entry.exports = library;
  try {
    return require(join(notebooks, "solutions", notebook)) as Solutions;
  } finally {
    entry.exports = exports;
  }
}

before(async () => {
  // Each of some hundred functions runs a few times: that does not pay for a C compiler.
  process.env.TFJS_COMPILE_TO = "tensorflow";
  process.env.TRM_BUDGET = "smoke";
  emptyStore();
  await trm.startEngine();
});

const withSolutions = readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));

for (const file of withSolutions) {
  const notebook = file.replace(".ipynb", "");
  test(`every exercise of ${notebook} has a solution that runs`, async (context) => {
    const shown: string[] = [];
    context.mock.method(console, "log", (text: unknown) => shown.push(String(text)));
    context.mock.method(process.stderr, "write", () => true);
    const { cells } = JSON.parse(readFileSync(join(notebooks, file), "utf8")) as {
      cells: readonly { cell_type: string; source: readonly string[] }[];
    };
    const exercises = cells
      .map(({ source }) => source.join(""))
      .find((text) => text.includes("## Exercises"));
    const numbers = [...(exercises ?? "").matchAll(/^(\d+)\. /gm)].map(([, number]) => number);
    const solutions = solutionsOf(notebook, library(notebook));
    assert.deepEqual(Object.keys(solutions).sort(), numbers.map((number) => `exercise${number}`).sort());
    for (const number of numbers) {
      shown.length = 0;
      await solutions[`exercise${number}`]!();
      assert.ok(shown.length > 0, `exercise ${number} shows its answer`);
      assert.doesNotMatch(
        shown.join("\n"),
        /has no variant|nothing to compare|not both variants/,
        `exercise ${number}`,
      );
    }
  });
}

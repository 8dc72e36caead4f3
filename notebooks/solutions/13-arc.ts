/** Solutions of the exercises of notebook 13. */
import { existsSync } from "node:fs";
import * as trm from "trm-workbench";

const all = trm.readArcTasks(existsSync("data/arc") ? "data/arc" : "../data/arc", "easy");
const namingColours = ["0d3d703e", "25d8a9c8", "44f52bb0"];
const tasks = all.filter(({ id }) => !namingColours.includes(id));
const smoke = trm.notebookSettings().budget === "smoke";
const batchSize = smoke ? 16 : 128;

type Arc = ReturnType<typeof trm.readArcDatasets>;

/** The notebook's datasets, of other tasks or with other augmentations. */
const formsOf = (easy = tasks, augmentations = smoke ? 4 : 150): Arc =>
  trm.readArcDatasets({ easy }, ["easy"], ["easy"], { seed: 1, augmentations, side: 3 });

/** The notebook's model, trained on other forms, in which identifier i stands under `shared[i]`. */
async function trained({ train }: Arc, shared: Int32Array, changes: Partial<trm.TrainingConfig> = {}) {
  const { vocabSize, seqLen, numPuzzleIdentifiers } = train;
  const model = trm.createModel({
    ...trm.paperModel,
    ...{ vocabSize, seqLen, numPuzzleIdentifiers, hiddenSize: smoke ? 32 : 48, widthMultiple: 32 },
    ...{
      puzzleEmbSize: smoke ? 32 : 48,
      puzzleEmbLen: 1,
      mixer: "mlp",
      positions: "none",
      n: 2,
      T: 1,
      supervisionSteps: 2,
    },
  });
  const settings: trm.TrainingConfig = {
    ...trm.paperTraining,
    ...{ batchSize, totalSteps: smoke ? 2 : 1500, warmupSteps: 50, learningRate: 4e-3, minRatio: 0.1 },
    ...{ weightDecay: 1, puzzleEmbLearningRate: 1e-2, puzzleEmbWeightDecay: 0.1, ema: 0.98 },
    ...{ loss: "softmax", precision: "float32", ...changes },
  };
  const data = trm.shareIdentifiers(train, shared);
  const trainer = trm.createTrainer(model, settings, data, { epochsPerIteration: 64 });
  await trm.train(trainer);
  return trainer;
}

/** Answers of a dataset, and the votes where it has the test inputs. */
const ask = (trainer: trm.Trainer, { train: _, ...extras }: Arc, dataset: trm.Dataset, shared: Int32Array) =>
  trm.evaluateArc(trainer.reasoner, trainer.params("ema"), dataset, extras, { batchSize, shared });

/** A row of results: pairs of the training, held-out inputs, votes. */
async function rowOf(arc: Arc, shared: Int32Array, changes?: Partial<trm.TrainingConfig>) {
  const trainer = await trained(arc, shared, changes);
  const seen = await ask(trainer, arc, arc.train, shared);
  const heldOut = await ask(trainer, arc, arc.test!, shared);
  trainer.dispose();
  return {
    "pairs of the training right %": 100 * seen.solved,
    "single answers right %": 100 * heldOut.solved,
    "pass@2 %": 100 * heldOut.passAt[2]!,
    passAt: heldOut.passAt,
    solvedByTask: heldOut.solvedByTask,
  };
}

/** Little weight decay. */
export async function exercise1() {
  const arc = formsOf();
  const rows: trm.ResultsRow[] = [];
  for (const weightDecay of [1, 0.1]) {
    const {
      passAt: _,
      solvedByTask: __,
      ...row
    } = await rowOf(arc, trm.shareColours(arc.identifiers), { weightDecay });
    rows.push({ "weight decay": weightDecay, ...row });
  }
  trm.showTable(rows, { digits: 1 });
}

/** Every form with an embedding of its own: each is drawn too rarely to be learnt. */
export async function exercise2() {
  const arc = formsOf();
  const own = Int32Array.from(arc.identifiers, (_, identifier) => identifier);
  const { passAt: _, solvedByTask: __, ...row } = await rowOf(arc, own);
  trm.showTable([{ embeddings: arc.identifiers.length - 1, ...row }], { digits: 1 });
}

/** Ten forms of each task. */
export async function exercise3() {
  const arc = formsOf(tasks, smoke ? 2 : 10);
  const { passAt: _, solvedByTask: __, ...row } = await rowOf(arc, trm.shareColours(arc.identifiers));
  trm.showTable([{ augmentations: 10, ...row }], { digits: 1 });
}

/** All ten tasks; those that name colours do not share. */
export async function exercise4() {
  const arc = formsOf(all);
  const { identifiers } = arc;
  const shared = trm
    .shareColours(identifiers)
    .map((first, i) => (namingColours.some((id) => identifiers[i]!.startsWith(id)) ? i : first));
  const { solvedByTask } = await rowOf(arc, shared);
  trm.showTable(
    namingColours.map((task) => ({ task, "test inputs right %": 100 * solvedByTask[task]! })),
    { digits: 1 },
  );
}

/** Tries beyond the second. */
export async function exercise5() {
  const arc = formsOf();
  const { passAt } = await rowOf(arc, trm.shareColours(arc.identifiers));
  trm.showTable(
    Object.entries(passAt).map(([tries, share]) => ({ tries, "solved %": 100 * share })),
    { digits: 1 },
  );
}

/** Distances of embeddings: forms of one task, and of two. */
export async function exercise6() {
  const arc = formsOf();
  const shared = trm.shareColours(arc.identifiers);
  const trainer = await trained(arc, shared);
  const rows = (await trainer.params("ema").puzzleEmbedding!.array()) as number[][];
  const used = [...new Set(shared)].filter((identifier) => identifier > 0);
  const distances = new Map<string, number[]>();
  for (const [i, a] of used.entries()) {
    for (const b of used.slice(i + 1)) {
      const [one, other] = [a, b].map((identifier) => arc.identifiers[identifier]!.split("|||")[0]!).sort();
      const key = one === other ? `${one}, its own forms` : `${one} and ${other}`;
      const distance = Math.hypot(...rows[a]!.map((value, column) => value - rows[b]![column]!));
      distances.set(key, [...(distances.get(key) ?? []), distance]);
    }
  }
  const table = [...distances].map(([forms, values]) => ({ "forms of": forms, distance: trm.mean(values) }));
  trm.showTable(
    table.sort((a, b) => a.distance - b.distance),
    { digits: 2 },
  );
  trainer.dispose();
}

/** Solutions of the exercises of notebook 4. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.latents;

/** What the model's head and a probe read off each latent. */
async function readable({ reasoner, params, data }: trm.LoadedRun, title: string) {
  const [test] = trm.firstExamples(data.test, 256);
  const [[rows, columns]] = trm.sudokuBoxes(test.seqLen);
  const readings = await trm.probeLatents(reasoner, params, test);
  await trm.showFigure(trm.readabilityFigure({ title, readings, guessing: 1 / (rows * columns) }));
  return readings;
}

/** The single latent. */
export async function exercise1() {
  await readable(await trm.trainedModel(experiment, "one latent"), "One latent");
}

/** The six, after the first supervision step, in the order of their updates. */
export async function exercise2() {
  const readings = await readable(await trm.trainedModel(experiment, "y and six z"), "y and six z");
  trm.showTable(
    readings.filter(({ supervisionStep }) => supervisionStep === 1).map((reading) => ({ ...reading })),
    { digits: 2 },
  );
}

/** HRM itself: two networks, and a gradient through the last passes only. */
export async function exercise3() {
  await readable(await trm.trainedModel(trm.experiments.hrmAgainstTrm, "HRM"), "HRM");
  await readable(
    await trm.trainedModel(trm.experiments.fewerLayers, "2 layers, two networks"),
    "Two networks",
  );
}

/** A probe for the question: fitted on one half of the puzzles, measured on the other. */
export async function exercise4() {
  const { model, reasoner, params, data } = await trm.trainedModel(experiment, "y and z");
  const [test] = trm.firstExamples(data.test, 256);
  const [toFit, toMeasure] = trm.testBatches(test, Math.floor(trm.exampleCount(test) / 2));
  const fitted = (await trm.readMinds(reasoner, params, toFit)).at(-1)!;
  const measured = (await trm.readMinds(reasoner, params, toMeasure)).at(-1)!;
  trm.showTable(
    ["y", "z"].map((latent) => {
      const read = trm.fitLinearProbe(fitted.latents[latent], toFit.inputs, model.config.vocabSize);
      const tokens = read(measured.latents[latent]);
      const right = tokens.filter((token, cell) => token === toMeasure.inputs[cell]).length;
      return { latent, "question read right %": (100 * right) / tokens.length };
    }),
    { digits: 1 },
  );
}

/** One latent in the other's place, in both models. */
export async function exercise5() {
  const models = {
    "one network": await trm.trainedModel(experiment, "y and z"),
    "two networks": await trm.trainedModel(trm.experiments.fewerLayers, "2 layers, two networks"),
  };
  type Recurse = trm.Recursion<"y" | "z">["recurse"];
  const forgetful: Record<string, Recurse> = {
    "as it was trained": trm.latentRecursion,
    "y in place of z": (net, x, { y }, n) => trm.latentRecursion(net, x, { y, z: y }, n),
    "z in place of y": (net, x, { z }, n) => trm.latentRecursion(net, x, { y: z, z }, n),
  };
  const rows: trm.ResultsRow[] = [];
  for (const [name, { model, params, data }] of Object.entries(models)) {
    for (const [how, recurse] of Object.entries(forgetful)) {
      const recursion = { ...model.recursion, recurse };
      const reasoner = trm.createReasoner(trm.createModel(model.config, { recursion }), "float32");
      const { solved } = await trm.evaluate(reasoner, params, data.test[0], { batchSize: 64 });
      rows.push({ model: name, recursion: how, "solved %": 100 * solved });
    }
  }
  trm.showTable(rows, { digits: 1 });
}

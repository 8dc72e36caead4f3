import { countParameters, createModel, type ModelParts } from "trm/model";
import { createTrainer } from "trm/trainer";
import type { ExperimentResult } from "../experiments";
import { modelConfigFor, openRunData } from "../runs";
import type { Comparison, MeasuredRun } from "./experiment-table";
import { watchTraining } from "./watch";

/**
 * Trains a variant that no configuration can describe, a network or a recursion of your own, beside the stored runs of an
 * experiment: the first variant's puzzles, settings and seeds, with your components in the place of its own. It trains in
 * this process whenever it is called, for a function cannot be recognized in the store.
 *
 * @param result of an experiment; its first variant is what the parts are put into
 * @param name what tables and charts call the variant
 * @returns the result with this variant at its end
 * @throws Error when the cell was interrupted
 * @example
 * const plain = await runExperiment(experiments.mixerOnSudoku, { variants: ["MLP"] });
 * const both = await trainVariant(plain, "ReLU", { network: reluNetwork });
 * showTable(new DataFrame(resultsFrame(both)));
 */
export async function trainVariant(
  result: ExperimentResult,
  name: string,
  parts: ModelParts,
): Promise<Comparison> {
  const [{ planned }] = result.variants;
  const runs: MeasuredRun[] = [];
  for (const { seed, config } of planned) {
    const data = await openRunData(config.data);
    const totalSteps = data.totalSteps(config.training.batchSize) ?? config.training.totalSteps;
    const model = createModel(modelConfigFor(config, data), parts);
    const trainer = createTrainer(model, { ...config.training, totalSteps }, data.train, {
      augment: data.augment,
      epochsPerIteration: data.epochsPerIteration,
    });
    const { every } = config.evaluation;
    try {
      const history = await watchTraining(trainer, {
        title: `${name}, seed ${seed}`,
        name,
        test: data.test[0],
        evaluateEvery: every < 1 ? Math.ceil(every * totalSteps) : every,
      });
      if (history.interrupted) {
        throw new Error(
          `stopped after step ${trainer.step} of ${totalSteps}: run this cell again to begin anew`,
        );
      }
      const parameters = countParameters(trainer.params("live").weights);
      runs.push({
        published: false,
        evaluations: history.evaluations.map((evaluation) => ({ ...evaluation, seconds: Number.NaN })),
        // What this process computes besides training would count too.
        facts: { parameters, seconds: history.trainingSeconds, processorSeconds: Number.NaN },
      });
    } finally {
      trainer.dispose();
      data.close();
    }
  }
  return { ...result, variants: [...result.variants, { variant: { name }, runs, published: [] }] };
}

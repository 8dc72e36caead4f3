/** Solutions of the exercises of notebook 2. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.hrmAgainstTrm;

/** HRM's parts one by one: TRM with two networks. */
export async function exercise1() {
  const mine = trm.variants(experiment, { add: { "two networks": { model: { networks: 2 } } } });
  const result = await trm.runExperiment(mine, { variants: ["TRM", "two networks"] });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("2.1", result);
}

/** Deep supervision alone: y is carried on, nothing is repeated within a step. */
export async function exercise2() {
  const mine = trm.variants(experiment, {
    add: { "carry only": { model: { recursion: "direct", n: 1, T: 1, layers: 2 } } },
  });
  const result = await trm.runExperiment(mine, { variants: ["TRM", "carry only"] });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("2.2", result);
}

/** One supervision step with as many latent recursions as the others have in all of theirs. */
export async function exercise3() {
  const mine = trm.variants(experiment, {
    add: { "no deep supervision, as much work": { model: { supervisionSteps: 1, T: 12 } } },
  });
  const variants = ["TRM", "no deep supervision", "no deep supervision, as much work"];
  const result = await trm.runExperiment(mine, { variants });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("2.3", result);
}

/** How far z moves, in both models, and what they solve. */
export async function exercise4() {
  for (const variant of ["TRM", "one-step gradient"]) {
    const { model, reasoner, params, data } = await trm.trainedModel(experiment, variant);
    const changes = trm.latentChanges(model, params, data.test[0], { puzzles: 32 });
    const { solved } = await trm.evaluate(reasoner, params, data.test[0], { batchSize: 64 });
    const subtitle = `${variant}: ${trm.percent(solved)} solved`;
    await trm.showFigure(trm.latentChangesFigure(changes, { title: "Does z come to rest?", subtitle }));
  }
}

/** The same for many more supervision steps than in training. */
export async function exercise5() {
  const { model, params, data } = await trm.trainedModel(experiment, "one-step gradient");
  const changes = trm.latentChanges(model, params, data.test[0], { puzzles: 32, supervisionSteps: 32 });
  await trm.showFigure(trm.latentChangesFigure(changes, { title: "32 supervision steps" }));
}

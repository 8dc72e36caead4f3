/** Solutions of the exercises of notebook 11. */
import * as trm from "trm-workbench";

const first = () => trm.shippedModel("sudoku-6x6", { puzzles: 128 });

/** The corrections of a network that was trained with two supervision steps for a puzzle. */
export async function exercise1() {
  const { reasoner, params, data } = await trm.trainedModel(trm.experiments.supervisionSteps, "2 steps");
  const thoughts = await trm.allChains(reasoner, params, data.test[0], { chains: 1, supervisionSteps: 8 });
  const curves = trm.changeCurves(trm.stepChanges(thoughts).slice(1), [
    "wrongToRight",
    "rightToWrong",
    "wrong",
  ]);
  await trm.showFigure(
    trm.linesFigure({
      title: "Two supervision steps in training",
      xTitle: "supervision step",
      yTitle: "cells per puzzle",
      curves,
    }),
  );
}

/** Without y from the step before, in every step. */
export async function exercise2() {
  const { reasoner, params, test, model } = await first();
  const options = { batchSize: 128, supervisionSteps: 2 * model.config.supervisionSteps };
  const rows: trm.ResultsRow[] = [];
  for (const latent of ["", "y", "z"]) {
    const { solved } = await trm.evaluate(reasoner, params, test, {
      ...options,
      perturb: (latents) => (latent ? { ...latents, [latent]: trm.tf.zerosLike(latents[latent]) } : latents),
    });
    rows.push({ "erased before every step": latent || "nothing", "solved %": 100 * solved });
  }
  trm.showTable(rows, { digits: 1 });
}

/** The movement of z beside that of y. */
export async function exercise3() {
  const { reasoner, params, test, model } = await first();
  const [batch] = trm.testBatches(test, Math.min(128, trm.exampleCount(test)));
  const minds = await trm.readMinds(reasoner, params, batch, 2 * model.config.supervisionSteps);
  const curves = ["y", "z"].map((latent): trm.Curve => {
    const paths = trm.latentPaths(minds, latent, batch.count);
    const [{ movement }] = paths;
    return {
      name: latent,
      steps: movement.map((_, i) => i + 2),
      seeds: [movement.map((_, i) => trm.mean(paths.map((path) => path.movement[i])))],
    };
  });
  const yTitle = "relative movement";
  await trm.showFigure(
    trm.linesFigure({ title: "Which latent settles first?", xTitle: "supervision step", yTitle, curves }),
  );
  const panels = [{ title: "z", paths: trm.latentPaths(minds, "z", batch.count).slice(0, 6) }];
  await trm.showFigure(trm.trajectoriesFigure({ title: "z over the supervision steps", panels }));
}

/** One kick for puzzles that failed and have settled. */
export async function exercise4() {
  const { reasoner, params, test, model } = await first();
  const settled = 2 * model.config.supervisionSteps;
  const alone = { chains: 1, supervisionSteps: settled };
  const failures = trm.failuresOf(await trm.allChains(reasoner, params, test, alone), test);
  if (trm.exampleCount(failures) === 0)
    return console.log("no puzzle fails: take another model, or more puzzles");
  const kick = trm.spoilLatents({ by: "noise", latents: ["y"], step: settled });
  const { bySteps } = await trm.evaluate(reasoner, params, failures, {
    batchSize: 64,
    supervisionSteps: 2 * settled,
    perturb: kick,
  });
  console.log(
    `${trm.percent(bySteps[2 * settled - 1].solved)} of ${trm.exampleCount(failures)} failures solved after one kick`,
  );
}

/** Cells that are right before a person with singles could place them, and whether they stay right. */
export async function exercise5() {
  const { reasoner, params, test, box } = await first();
  const thoughts = await trm.allChains(reasoner, params, test, { chains: 1 });
  const counts = { early: 0, lost: 0 };
  for (const {
    inputs,
    labels,
    chains: [steps],
  } of thoughts) {
    const rounds = trm.singlesRounds(trm.sudokuDigits(inputs), box);
    for (const [cell, label] of labels.entries()) {
      const step = steps.findIndex(({ tokens }) => tokens[cell] === label) + 1;
      if (inputs[cell] === label || step === 0 || step >= rounds[cell]) continue;
      counts.early++;
      if (steps.slice(step).some(({ tokens }) => tokens[cell] !== label)) counts.lost++;
    }
  }
  trm.showTable(
    [{ "right before its round": counts.early, "of them wrong again %": (100 * counts.lost) / counts.early }],
    { digits: 1 },
  );
}

/** Clues are taken away until there are exactly two solutions. */
export async function exercise6() {
  const { reasoner, params, box } = await first();
  const solver = trm.sudokuSolver(box);
  const count = (puzzle: trm.Grid) => solver(puzzle, { limit: 3 }).solutions;
  let found: trm.Grid | undefined;
  for (let seed = 1; found === undefined; seed++) {
    const { puzzle } = trm.sudokuGenerator(box, trm.createRandom(seed))();
    const clues = [...puzzle.keys()].filter((cell) => puzzle[cell] > 0);
    const without = clues.map((clue) => puzzle.map((digit, cell) => (cell === clue ? 0 : digit)));
    found = without.find((fewer) => count(fewer) === 2);
  }
  const thoughts = await trm.solve(reasoner, params, trm.sudokuTokens(found), { supervisionSteps: 16 });
  const answers = thoughts.map(({ tokens }) => trm.formatGrid(trm.sudokuDigits(tokens)));
  trm.showTable(
    answers.map((answer, i) => ({
      "supervision step": i + 1,
      "keeps the rules": trm.checkSudoku(trm.parseGrid(answer, box), box, found!).solved ? "yes" : "no",
      "as the step before": answer === answers[i - 1] ? "yes" : "no",
    })),
  );
}

import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { disposeTree } from "tfjs-compile";
import { createReasoner } from "trm/trainer";
import { z } from "zod";
import { publicConfig } from "../config";
import { readJsonFile, writeFolderAtomic } from "../files";
import { loadModel, MODEL_WEIGHTS, writeWeightsSafetensors } from "../official";
import { evaluateInDetail, openRunData } from "../runs";
import { storedConfig } from "../runs/resume";
import { factsFile, readFacts } from "./facts";

/** Larger files do not belong into a repository. */
const MOST_BYTES = 2_000_000;

/** Supervision steps that a model is scored with, as multiples of those it was trained with. */
const LONGEST = 4;

const share = z.number().min(0).max(1);
const scoresSchema = z.object({
  /** Held-out puzzles of `config.json`. */
  count: z.int().min(1),
  /** Share of them solved after each supervision step, up to four times those of training. */
  solvedBySteps: z.array(share),
  /** Share of cells right, and of beliefs right, after the supervision steps of training. */
  cells: share,
  halting: share,
  /** After the supervision steps of training, and after four times as many. */
  byDifficulty: z.array(
    z.object({
      supervisionSteps: z.int(),
      ranges: z.array(
        z.object({ from: z.number(), to: z.number(), count: z.int(), solved: share, cells: share }),
      ),
    }),
  ),
});

/** What a model of the project scores on the held-out puzzles of its run. */
export type ModelScores = Readonly<z.infer<typeof scoresSchema>>;

/** The `scores.json` of a model's folder. @throws Error naming the file and the field that is wrong */
export const readScores = (folder: string): ModelScores =>
  readJsonFile(join(folder, "scores.json"), scoresSchema);

/**
 * Makes a model's folder of a finished run: `weights.safetensors` (averaged weights, with model and configuration in its metadata),
 * `config.json`, `facts.json` (seconds, device, versions) and `scores.json`. The engine must be running.
 * @param run the run's folder
 * @param folder a new one, such as `data/models/sudoku-6x6`; one that exists is replaced
 * @throws Error when the run is not finished, or its weights have more than 2 MB
 */
export async function writeModel(run: string, folder: string): Promise<ModelScores> {
  if (!existsSync(factsFile(run))) {
    throw new Error(`${run} is not a finished run: finish it with "npm run trm -- train --resume ${run}"`);
  }
  const facts = readFacts(run);
  const config = storedConfig(join(run, "config.json"));
  const { model, params, stored, precision } = loadModel(run);
  const reasoner = createReasoner(model, precision);
  const data = await openRunData(config.data);
  let scores: ModelScores;
  try {
    const { supervisionSteps } = model.config;
    const scoredAt = (supervisionSteps: number) =>
      evaluateInDetail(reasoner, params, data.test, {
        ...{ batchSize: config.training.batchSize, supervisionSteps },
        ...(data.ratings && { ratings: data.ratings }),
      });
    const [trained, longest] = [await scoredAt(supervisionSteps), await scoredAt(LONGEST * supervisionSteps)];
    scores = {
      count: trained.count,
      solvedBySteps: longest.bySteps.map(({ solved }) => rounded(solved)),
      cells: rounded(trained.cells),
      halting: rounded(trained.halting),
      byDifficulty: [trained, longest].flatMap(({ bySteps, byDifficulty = [] }) =>
        byDifficulty.length < 2
          ? []
          : {
              supervisionSteps: bySteps.length,
              ranges: byDifficulty.map((range) => ({
                ...range,
                solved: rounded(range.solved),
                cells: rounded(range.cells),
              })),
            },
      ),
    };
  } finally {
    data.close();
    reasoner.dispose();
    disposeTree(params);
  }
  const fill = (temporary: string) => {
    const weights = join(temporary, MODEL_WEIGHTS);
    const about = { model: model.config, config: publicConfig(config), step: facts.step };
    writeWeightsSafetensors(weights, stored.tensors, about);
    const { size } = statSync(weights);
    if (size > MOST_BYTES) {
      throw new Error(
        `${run}: its weights have ${size} bytes; a model of the project has at most ${MOST_BYTES}`,
      );
    }
    const contents = { "config.json": about.config, "facts.json": facts, "scores.json": scores };
    for (const [name, content] of Object.entries(contents)) {
      writeFileSync(join(temporary, name), `${JSON.stringify(content, null, 2)}\n`);
    }
  };
  writeFolderAtomic(folder, fill, { replace: true });
  return scores;
}

/** Four digits: more of them differ from machine to machine. */
const rounded = (value: number): number => Number(value.toFixed(4));

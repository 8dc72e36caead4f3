import type { Rules } from "trm/batches";
import { type ModelConfig, paperModel } from "trm/model";
import { z } from "zod";
import { isRecord, type RunConfig } from "../config/config";
import { parseRunConfig } from "../config/parse";

/** Digests of a run's data, to tell later whether it is still the same. */
export interface DataDigests {
  readonly train: string;
  readonly test: string;
  /** Of the names of its puzzle identifiers, where it has some. */
  readonly identifiers?: string;
  /** The rules of its puzzles, where it has some. */
  readonly rules?: Rules;
}

/** Content of a checkpoint besides the training state. */
export interface AboutRun {
  readonly config: RunConfig;
  readonly model: ModelConfig;
  /** Seconds spent in training steps. */
  readonly seconds: number;
  readonly processorSeconds: number;
  /** True if the evaluation after this step was cut short; the resumed run repeats it. */
  readonly evaluationDue: boolean;
  readonly data?: DataDigests;
}

/** Fields that came later than a file have their defaults in it. */
export const storedModel = z
  .record(z.string(), z.unknown())
  .transform((model): ModelConfig => ({ ...paperModel, ...(model as unknown as ModelConfig) }));

const aboutSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  model: storedModel,
  seconds: z.number(),
  // Checkpoints of earlier versions do not have it.
  processorSeconds: z.number().default(0),
  evaluationDue: z.boolean(),
  data: z
    .object({
      train: z.string(),
      test: z.string(),
      identifiers: z.string().optional(),
      rules: z.custom<Rules>((rules) => isRecord(rules) && typeof rules.kind === "string").optional(),
    })
    .optional(),
});

/**
 * Checks what a checkpoint says about its run.
 * @throws Error naming the checkpoint and what is wrong in it
 */
export function aboutRun(about: unknown, path: string): AboutRun {
  const parsed = aboutSchema.safeParse(about);
  if (!parsed.success) throw new Error(`${path}: checkpoint.json does not say which run it belongs to`);
  try {
    return { ...parsed.data, config: parseRunConfig(parsed.data.config) };
  } catch (error) {
    throw new Error(`${path}, checkpoint.json: ${(error as Error).message}`);
  }
}

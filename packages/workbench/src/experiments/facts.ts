import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RunConfig } from "../config";
import { readJsonFile, writeFileAtomic } from "../files";
import type { Trained } from "../runs";
import { RESULTS_VERSION } from "./version";

const factsSchema = z.object({
  /** Training steps. */
  step: z.int(),
  /** Spent in training steps, on all threads at once. */
  seconds: z.number(),
  /** The same in seconds of one processor core, which other work on the machine hardly changes. */
  processorSeconds: z.number(),
  /** Numbers that learn, without puzzle embeddings. */
  parameters: z.int(),
  engine: z.string(),
  /** `CPU`, or the name of a GPU. */
  device: z.string(),
  /** null is one per core. */
  threads: z.int().nullable(),
  versions: z.object({
    node: z.string(),
    engine: z.string(),
    tfjs: z.string(),
    /** The C compiler, where it made native programs. */
    compiler: z.string().optional(),
    /** The project's commit, where git knew it. */
    project: z.string().optional(),
  }),
  /** Time of its end, ISO 8601. */
  date: z.iso.datetime(),
  resultsVersion: z.int(),
  precision: z.enum(["float32", "bfloat16"]),
});

/** Conditions of a finished run, besides its configuration and metrics. */
export type RunFacts = Readonly<z.infer<typeof factsSchema>>;

/** A run's `facts.json`, which is there once the run has been trained to its end. */
export const factsFile = (folder: string): string => join(folder, "facts.json");

/** True if the run in a folder was trained to its end. */
export const isFinished = (folder: string): boolean => existsSync(factsFile(folder));

/** Marks a run as finished. */
export function writeFacts(folder: string, config: RunConfig, trained: Trained): void {
  const facts: RunFacts = {
    date: new Date().toISOString(),
    resultsVersion: RESULTS_VERSION,
    precision: config.training.precision,
    ...trained,
  };
  writeFileAtomic(factsFile(folder), `${JSON.stringify(facts, null, 2)}\n`);
}

/** @throws Error naming the file and the field that is wrong */
export const readFacts = (folder: string): RunFacts => readJsonFile(factsFile(folder), factsSchema);

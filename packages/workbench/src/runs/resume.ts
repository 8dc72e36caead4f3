import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { latestCheckpoint } from "../checkpoints";
import { mergeConfig, parseRunConfig, type RunConfig, type RunConfigChanges } from "../config";
import { readJsonFile } from "../files";

/** A run to go on with. */
export interface Resumable {
  readonly folder: string;
  readonly config: RunConfig;
  /** The newest checkpoint; none where the run was killed before its first. */
  readonly checkpoint?: string;
  /** training.totalSteps as stored; the run may now have more, or fewer. */
  readonly totalStepsBefore: number;
}

/** Settings of training that a checkpoint's tensors or its position in the data depend on. */
const FIXED = ["training.seed", "training.batchSize"];

/**
 * Reads a stored run that is to go on.
 * @param path the run's folder, for its newest checkpoint, or one of its checkpoints
 * @param changes settings that differ from the stored ones from now on
 * @throws Error when the folder holds no run, or naming the setting that cannot change in the middle of a run
 */
export function resumable(path: string, changes: RunConfigChanges = {}): Resumable {
  const isCheckpoint = existsSync(join(path, "checkpoint.json"));
  const folder = isCheckpoint ? dirname(dirname(resolve(path))) : path;
  const file = join(folder, "config.json");
  if (!existsSync(file)) throw new Error(`${folder} holds no run to resume: it has no config.json`);
  const stored = storedConfig(file);
  const config = Object.keys(changes).length > 0 ? parseRunConfig(mergeConfig(stored, changes)) : stored;
  for (const [path, was, is] of differences(stored, config)) {
    if (/^(model|data)\./.test(path) || FIXED.includes(path)) {
      throw new Error(
        `${path} is ${JSON.stringify(was)} in the run to resume and cannot become ${JSON.stringify(is)} now; start a new run for that`,
      );
    }
  }
  const checkpoint = isCheckpoint ? path : latestCheckpoint(join(folder, "checkpoints"));
  const totalStepsBefore = stored.training.totalSteps;
  return { folder, config, totalStepsBefore, ...(checkpoint && { checkpoint }) };
}

/** The configuration in a run's `config.json`. @throws Error naming the file and what is wrong in it */
export function storedConfig(file: string): RunConfig {
  const value = readJsonFile(file, z.unknown());
  try {
    return parseRunConfig(value);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

/** Fields that differ, by path; only the topmost level counts as sections. */
export function differences(a: object, b: object, prefix = ""): [path: string, a: unknown, b: unknown][] {
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return keys.flatMap((key): [string, unknown, unknown][] => {
    if (JSON.stringify(left[key]) === JSON.stringify(right[key])) return [];
    const isSection = prefix === "" && typeof left[key] === "object" && typeof right[key] === "object";
    if (isSection) return differences(left[key] as object, right[key] as object, `${key}.`);
    return [[`${prefix}${key}`, left[key], right[key]]];
  });
}

import { createHash } from "node:crypto";
import { configFields, portable, type RunConfig } from "../config";
import { RESULTS_VERSION } from "./version";

/** Fields that change where and how often things are written, or how fast they are computed; results at most by rounding. */
const WITHOUT_EFFECT = ["training.devices", "evaluation.batchSize", "metrics.format", "metrics.tensorboard"];

/** Fields of `data` that came after the first runs were published: left out while they are null. */
const LATER = ["data.difficulty", "data.clues"];

/**
 * The identity of a run in the store: a hash of everything in its configuration that decides its metrics and weights, and of
 * the version of the code's results. The same on every machine.
 */
export function runHash(config: RunConfig): string {
  const text = JSON.stringify([RESULTS_VERSION, decidingFields(config)]);
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/**
 * The fields that decide what a run gives, by path and sorted. Fields at their default are left out: a field that is added
 * to the configuration later then leaves the hashes of older runs as they are.
 */
export function decidingFields(config: RunConfig): Record<string, unknown> {
  const defaults = new Map(configFields().map((field) => [field.path, field.default]));
  const fields = Object.entries({ ...config, checkpoints: {} }).flatMap(([section, values]) =>
    Object.entries(values).map(([name, value]): [string, unknown] => [`${section}.${name}`, value]),
  );
  return Object.fromEntries(
    fields
      .filter(([path, value]) => !WITHOUT_EFFECT.includes(path) && !(LATER.includes(path) && value === null))
      .filter(([path, value]) => JSON.stringify(value) !== JSON.stringify(defaults.get(path)))
      .map(([path, value]) => [path, path.startsWith("data.") ? portable(value) : value])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}

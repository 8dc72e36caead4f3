// Checked by the typecheck alone: the types of run configurations and of changes to them.
import type { Equal, Expect } from "../../../engine/test/expect-type";
import {
  mergeConfig,
  parseRunConfig,
  presetConfig,
  type RunConfig,
  type RunConfigChanges,
} from "../../src/config";

const parsed = parseRunConfig(mergeConfig(presetConfig("sudoku-6x6"), { model: { hiddenSize: 64 } }));

export type ConfigurationsKeepTheirTypes = [
  Expect<Equal<typeof parsed, RunConfig>>,
  Expect<Equal<RunConfig["training"]["precision"], "float32" | "bfloat16">>,
  Expect<Equal<RunConfig["data"]["kind"], "sudoku" | "maze" | "csv" | "folder">>,
  Expect<Equal<NonNullable<RunConfigChanges["training"]>["batchSize"], number | undefined>>,
];

export const changes: RunConfigChanges = { data: { kind: "maze", size: 11 }, evaluation: { every: 0.5 } };
// @ts-expect-error: no such preset
presetConfig("sudoku-5x5");
// @ts-expect-error: the field is misspelled
export const misspelled: RunConfigChanges = { model: { hidenSize: 64 } };
// @ts-expect-error: a number, not a text
export const text: RunConfigChanges = { training: { batchSize: "64" } };
// @ts-expect-error: no such section
export const section: RunConfigChanges = { optimizer: {} };
// @ts-expect-error: a configuration is not changed in place
parsed.model.hiddenSize = 1;

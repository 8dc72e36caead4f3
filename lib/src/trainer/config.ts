import { type ConfigOf, checkFields, defaultsOf } from "../fields";
import { trainingFields } from "./fields";

/** Everything that determines a training run besides the model and the data, as plain data. */
export interface TrainingConfig extends ConfigOf<typeof trainingFields> {}

/** The paper's settings for Sudoku-Extreme and Maze-Hard. */
export const paperTraining: TrainingConfig = defaultsOf(trainingFields);

/**
 * Checks that settings can train.
 * @throws RangeError naming the field and the values it may take
 */
export function checkTrainingConfig(config: TrainingConfig): void {
  checkFields("training", trainingFields, config);
  const { batchSize, devices } = config;
  if (batchSize % devices === 0) return;
  const near = devices * Math.max(1, Math.ceil(batchSize / devices - 0.5));
  throw new RangeError(
    `training.batchSize is ${batchSize}, which ${devices} devices (training.devices) cannot share equally; the nearest that they can is ${near}`,
  );
}

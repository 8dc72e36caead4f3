import type { TrainingConfig } from "./config";

/** Course of the learning rate: up to `base` linearly, then down a half cosine to `minRatio * base`. */
export type ScheduleConfig = Pick<TrainingConfig, "warmupSteps" | "totalSteps" | "minRatio">;

/**
 * Learning rate of step t = 1, 2, ….
 * Source: pretrain.py, cosine_schedule_with_warmup_lr_lambda.
 * @example
 * learningRateAt(500, 1e-4, { warmupSteps: 2000, totalSteps: 65_104, minRatio: 1 }); // 2.5e-5
 */
export function learningRateAt(t: number, base: number, schedule: ScheduleConfig): number {
  const { warmupSteps, totalSteps, minRatio } = schedule;
  if (t < warmupSteps) return (base * t) / Math.max(1, warmupSteps);
  const progress = (t - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return base * (minRatio + Math.max(0, (1 - minRatio) * 0.5 * (1 + Math.cos(Math.PI * progress))));
}

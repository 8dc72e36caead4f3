/** How the learning rate moves: up to `base` linearly, then down a half cosine to `minRatio * base`. */
export interface ScheduleConfig {
  /** Steps of linear warm-up. [lr_warmup_steps] */
  readonly warmupSteps: number;
  /** Steps of the whole run; the official code has epochs instead. [epochs] */
  readonly totalSteps: number;
  /** Where the cosine ends, as a share of the base rate; 1 keeps it constant. [lr_min_ratio] */
  readonly minRatio: number;
}

/**
 * Learning rate of step t = 1, 2, ….
 * Source: pretrain.py, cosine_schedule_with_warmup_lr_lambda.
 */
export function learningRateAt(t: number, base: number, schedule: ScheduleConfig): number {
  const { warmupSteps, totalSteps, minRatio } = schedule;
  if (t < warmupSteps) return (base * t) / Math.max(1, warmupSteps);
  const progress = (t - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return base * (minRatio + Math.max(0, (1 - minRatio) * 0.5 * (1 + Math.cos(Math.PI * progress))));
}

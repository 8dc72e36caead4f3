import { showMarkdown } from "./display";

/** Percent by the variant's name. */
const said = new Map<string, number>();

/**
 * Notes what you expect of a variant before it runs. Tables of results then have a column "you said %", and so has `myRuns`.
 *
 * @param variant its name in the experiment, or of a network of your own
 * @param percent of the held-out puzzles that it will solve, 0 to 100
 * @throws RangeError for a number that is no percentage
 * @example
 * predict("two networks", 85);
 */
export function predict(variant: string, percent: number): void {
  if (!(percent >= 0 && percent <= 100)) {
    throw new RangeError(`a prediction is a percentage from 0 to 100, got ${percent}`);
  }
  said.set(variant, percent);
  showMarkdown(`You said: “${variant}” solves ${percent}% of the held-out puzzles.`);
}

/** What was said of a variant, in percent. */
export const saidOf = (variant: string): number | undefined => said.get(variant);

/**
 * Raised by hand whenever a change of the code changes what a configuration trains to: stored runs of older versions are then
 * not used any more. `test/experiments/version.test.ts` trains a few steps and fails when that was forgotten.
 */
export const RESULTS_VERSION = 1;

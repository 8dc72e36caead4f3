import { disposeTree, tf } from "tfjs-compile";
import type { Dataset } from "trm/batches";
import { testBatches } from "trm/batches";
import type { ModelParams } from "trm/model";
import { decideHalt } from "trm/model";
import { type Reasoner, think, toTensors } from "trm/trainer";

/** The step at which the model would halt on a puzzle, and the correctness of its answer then. */
export interface HaltingTime {
  /** The first supervision step, from 1, after which it halts by the rule of training; N_sup at the latest. */
  readonly step: number;
  /** True if its answer is right at that step. */
  readonly solvedThen: boolean;
  /** True if its answer is right after all N_sup steps, as evaluations count it. */
  readonly solvedInTheEnd: boolean;
}

/**
 * Lets a model think about puzzles for all its supervision steps and notes for each when it would have stopped. Evaluations
 * never stop early; this tells what that costs and brings.
 * @returns one for each puzzle, in the order of the dataset
 */
export async function haltingTimes(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  { batchSize }: { readonly batchSize: number },
): Promise<HaltingTime[]> {
  const { config } = reasoner.model;
  const times: HaltingTime[] = [];
  for (const batch of testBatches(dataset, batchSize)) {
    const tensors = toTensors(batch);
    const found: { step: number; solvedThen: boolean }[] = [];
    let solved: ArrayLike<number> = [];
    try {
      for await (const { step, output, verdicts } of think(
        reasoner,
        params,
        tensors,
        config.supervisionSteps,
      )) {
        const after = tf.tidy(() => {
          const steps = tf.fill([batch.size], step + 1, "int32") as tf.Tensor1D;
          const any = tf.zeros([batch.size], "int32") as tf.Tensor1D;
          return decideHalt(config, steps, output.qHalt, output.qContinue, any);
        });
        const halted = await after.data();
        solved = ((await verdicts.data()) as Float32Array).subarray(batch.size, 2 * batch.size);
        after.dispose();
        for (let row = 0; row < batch.count; row++) {
          if (halted[row]) found[row] ??= { step: step + 1, solvedThen: solved[row] === 1 };
        }
      }
    } finally {
      disposeTree(tensors);
    }
    times.push(...found.map((halt, row) => ({ ...halt, solvedInTheEnd: solved[row] === 1 })));
  }
  return times;
}

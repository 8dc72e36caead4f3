import { noGradient, tf, valueAndGrad } from "tfjs-compile";
import type { Rules } from "../batches/dataset";
import { type Carry, decideHalt } from "../model/carry";
import type { Model, ModelOutput, ModelParams, Weights } from "../model/model";
import type { TrainingConfig } from "./config";
import { answerLoss, binaryCrossEntropy, correctness } from "./losses";

/** Sums over the rows that halted in a step, as the official code logs them; the losses are sums over all rows. */
export const METRICS = [
  "count",
  "accuracy",
  "exact_accuracy",
  "q_halt_accuracy",
  "steps",
  "lm_loss",
  "q_halt_loss",
  "q_continue_loss",
] as const;

/** Settings of the loss. */
export type LossConfig = Pick<TrainingConfig, "loss" | "labelSmoothing" | "haltingWeight">;

/** The tensors that learn from the loss: the weights, and the batch's rows of the puzzle embedding. */
export type Learnt = { readonly weights: Weights; readonly puzzleRows?: tf.Tensor2D };

/**
 * The loss of one supervision step for a batch in which every row is at its own step, and its gradients. They are taken by the
 * weights and the rows of the puzzle embedding alone. The latents of the carry are constants, so no gradient flows into the step
 * before: this is the `detach` of the paper's Figure 3.
 * Source: the paper's Figure 3; models/losses.py, ACTLossHead.forward.
 * @param carry the carry after `refill`: its halted rows have a new puzzle
 * @param minSteps steps that each row must have before it may halt, int32 [B]
 * @param maxSteps N_sup in place of the model's, int32
 * @param rules judge answers; without them the labels alone do
 * @returns the loss, a scalar: the answer's and the weighted halting loss, the mean over the batch; `aux` has the next carry and the {@link METRICS}
 * @example
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const params = model.init(createRandom(0));
 * const tokens = tf.ones<tf.Rank.R2>([1, 16], "int32");
 * const batch = { inputs: tokens, labels: tokens, puzzleIdentifiers: tf.tensor1d([0], "int32") };
 * const carry = refill(params, emptyCarry(model, 1), batch);
 * lossAndGrads(model, paperTraining, params, carry, tf.zeros([1], "int32")).value.print();
 */
export function lossAndGrads(
  model: Model,
  config: LossConfig,
  params: ModelParams,
  carry: Carry,
  minSteps: tf.Tensor1D,
  maxSteps?: tf.Scalar,
  rules?: Rules,
) {
  const { weights, puzzleEmbedding: table } = params;
  const learnt: Learnt = {
    weights,
    ...(table && { puzzleRows: tf.gather(table, carry.batch.puzzleIdentifiers) as tf.Tensor2D }),
  };
  const batchSize = carry.steps.shape[0];

  return valueAndGrad((learnt: Learnt) => {
    const { inputs, labels } = carry.batch;
    const output = forward(model, learnt, carry);
    const { latents, logits, qHalt, qContinue, auxiliaryLoss } = output;

    const right = correctness(logits, labels, { rules, inputs });
    const answer = answerLoss(config.loss, logits, labels, config.labelSmoothing);
    const halt = binaryCrossEntropy(qHalt, right.solved);
    const goOn = continueLoss(model, learnt, carry, output);
    const perPuzzle = tf.div(tf.add(answer, tf.mul(config.haltingWeight, tf.add(halt, goOn))), batchSize);
    const total = auxiliaryLoss ? tf.add(perPuzzle, auxiliaryLoss) : perPuzzle;

    const steps = tf.add(carry.steps, tf.scalar(1, "int32")) as tf.Tensor1D;
    const halted = noGradient(() => decideHalt(model.config, steps, qHalt, qContinue, minSteps, maxSteps));
    const metrics = noGradient(() => {
      const done = tf.mul(tf.cast(halted, "float32"), right.counts);
      const believed = tf.cast(tf.greaterEqual(qHalt, 0), "float32");
      const sums = [
        done,
        tf.mul(done, right.cells),
        tf.mul(done, right.solved),
        tf.mul(done, tf.cast(tf.equal(believed, right.solved), "float32")),
        tf.mul(done, tf.cast(steps, "float32")),
      ].map((perRow) => tf.sum(perRow));
      return tf.stack([...sums, answer, halt, goOn]) as tf.Tensor1D;
    });
    const next: Carry = { ...carry, latents, steps, halted };
    return [total as tf.Scalar, { carry: next, metrics, output }];
  }, learnt);
}

function forward(model: Model, learnt: Learnt, carry: Carry): ModelOutput {
  return model.forward(learnt.weights, carry.latents, carry.batch.inputs, learnt.puzzleRows ?? null);
}

/**
 * Q-learning's loss of thinking on, zero unless `halting` is "continue": q_continue should be the best that q says one step later.
 * It costs a second forward pass; the paper drops it for that (section 4.6).
 */
function continueLoss(model: Model, learnt: Learnt, carry: Carry, output: ModelOutput): tf.Scalar {
  const { halting, supervisionSteps } = model.config;
  // With one supervision step there is no next step; the official code has no such loss either.
  if (halting !== "continue" || supervisionSteps === 1) return tf.scalar(0);
  const target = noGradient(() => {
    const next = forward(model, learnt, { ...carry, latents: output.latents });
    const isLast = tf.greaterEqual(carry.steps, supervisionSteps - 1);
    return tf.sigmoid(tf.where(isLast, next.qHalt, tf.maximum(next.qHalt, next.qContinue))) as tf.Tensor1D;
  });
  return binaryCrossEntropy(output.qContinue, target);
}

/**
 * The functions that a page thinks with, each a program of its own: one update of a latent is one call, so that the page chooses n and T and
 * follows the recursion. Written with the library's parts; compiled ahead of time by `build/programs.ts`, called by `worker/think.ts`.
 */
import { compile, tf } from "tfjs-compile";
import {
  inputEmbedding,
  type Latents,
  type Model,
  type ModelConfig,
  netOf,
  networkOf,
  outputHead,
  qHead,
  type Weights,
} from "trm/model";
import { type LossKind, logProbabilities } from "trm/trainer";

/** What a page reads from the latents after a supervision step, of one puzzle. */
export interface Reading {
  /** Tokens of the answer, int32 [1, seqLen], and their probabilities. */
  readonly answer: tf.Tensor2D;
  readonly confidence: tf.Tensor2D;
  /** The same, read from z. */
  readonly zAnswer: tf.Tensor2D;
  readonly zConfidence: tf.Tensor2D;
  /** Probability that the answer is right, [1]. */
  readonly halting: tf.Tensor1D;
  /** Root mean square of the change of each latent over its own. */
  readonly movement: { readonly [latent: string]: tf.Scalar };
}

/** The plain functions of a model, by the names of their programs. */
export function thinkingFunctions({ config, recursion }: Model, loss: LossKind = "stablemax") {
  return {
    /** x: the question, [1, L, D]. */
    embed: (weights: Weights["embedding"], inputs: tf.Tensor2D) =>
      inputEmbedding(config, weights, inputs, null),
    /** One update of a latent: the network on the sum of its inputs, [1, L, D] each. */
    update: (weights: Weights["networks"]["z"], inputs: readonly tf.Tensor3D[]) =>
      netOf(networkOf(config), config, { z: weights }).z(...inputs),
    read(heads: Pick<Weights, "outputHead" | "qHead">, latents: Latents, before: Latents): Reading {
      const y = readLatent(config, heads.outputHead, latents[recursion.answer]!, loss);
      const z = latents.z ? readLatent(config, heads.outputHead, latents.z, loss) : y;
      const moved = Object.entries(latents).map(([name, latent]) => {
        const change = tf.sum(tf.square(tf.sub(latent, before[name]!)));
        return [name, tf.sqrt(tf.div(change, tf.sum(tf.square(latent))))];
      });
      return {
        answer: y.tokens,
        confidence: y.confidence,
        zAnswer: z.tokens,
        zConfidence: z.confidence,
        halting: tf.sigmoid(qHead(heads.qHead, latents[recursion.answer]!).qHalt),
        movement: Object.fromEntries(moved),
      };
    },
  };
}

function readLatent(config: ModelConfig, head: tf.Tensor2D, latent: tf.Tensor3D, loss: LossKind) {
  const logits = outputHead(config, head, latent);
  return {
    tokens: tf.cast(tf.argMax(logits, -1), "int32") as tf.Tensor2D,
    confidence: tf.exp(tf.max(logProbabilities(loss, logits), -1)) as tf.Tensor2D,
  };
}

/** {@link thinkingFunctions}, compiled. */
export function compiledThinking(model: Model) {
  const { embed, update, read } = thinkingFunctions(model);
  return {
    embed: compile(embed, { name: "embed" }),
    update: compile(update, { name: "update" }),
    read: compile(read, { name: "read" }),
  };
}

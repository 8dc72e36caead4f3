import { disposeTree, mapTree, noGradient, tf, valueAndGrad } from "tfjs-compile";
import { freshLatents } from "../model/carry";
import type { ModelConfig } from "../model/config";
import { inputEmbedding } from "../model/embedding";
import { outputHead, qHead } from "../model/heads";
import type { ModelParams, Weights } from "../model/model";
import { type Net, netOf, networkOf } from "../model/network";
import { adamATan2, initAdam } from "./adam-atan2";
import type { TrainingConfig } from "./config";
import { answerLoss, binaryCrossEntropy, correctness } from "./losses";
import { adamRates } from "./rates";

// The paper's Figure 3, line for line: one puzzle at a time, nothing compiled. `trainStep` does the same for a batch in which
// every row is at its own supervision step; a test compares the two.

/** x, y or z of one puzzle, [1, L, D]. */
type State = tf.Tensor3D;

function latentRecursion(net: Net["z"], x: State, y: State, z: State, n: number): [y: State, z: State] {
  for (let i = 0; i < n; i++) {
    z = net(x, y, z); // latent reasoning
  }
  y = net(y, z); // refine output answer
  return [y, z];
}

function deepRecursion(config: ModelConfig, weights: Weights, x: State, y: State, z: State) {
  const { z: net } = netOf(networkOf(config), config, weights.networks);
  // recursing T-1 times to improve y and z (no gradients needed)
  noGradient(() => {
    for (let j = 0; j < config.T - 1; j++) {
      [y, z] = latentRecursion(net, x, y, z, config.n);
    }
  });
  // recursing once to improve y and z
  [y, z] = latentRecursion(net, x, y, z, config.n);
  const yHat = outputHead(config, weights.outputHead, y);
  const { qHalt: qHat } = qHead(weights.qHead, y);
  return { y: detach(y), z: detach(z), yHat, qHat };
}

/** A puzzle and its solution as tokens, int32 [1, seqLen] each. */
export interface PuzzleTensors {
  readonly xInput: tf.Tensor2D;
  readonly yTrue: tf.Tensor2D;
}

/** One supervision step of {@link deepSupervision}: its loss, and q_hat, above 0 where the model believes its answer to be right. */
export interface SupervisionStep {
  readonly loss: number;
  readonly qHat: number;
}

/**
 * Deep supervision: trains on one puzzle after the other, with a loss and an update of the weights after every deep recursion.
 * The figure has no puzzle embedding, exploration, moving average or bfloat16, so this has none either.
 * Source: the paper's Figure 3; the halting loss counts half, as in the official models/losses.py.
 * @param params where training starts; they stay as they are
 * @returns the trained weights, which the caller disposes, and all supervision steps in order
 * @throws RangeError naming the field of a model that the figure does not describe
 * @example
 * const sizes = { vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const config = { ...paperModel, ...sizes, hiddenSize: 64, supervisionSteps: 4, exploration: 0 };
 * const { initialLatents, weights } = createModel(config).init(createRandom(0));
 * const tokens = tf.ones<tf.Rank.R2>([1, 16], "int32");
 * const puzzle = { xInput: tokens, yTrue: tokens };
 * const { steps } = deepSupervision(config, paperTraining, { initialLatents, weights }, [puzzle]);
 */
export function deepSupervision(
  config: ModelConfig,
  training: TrainingConfig,
  params: ModelParams,
  trainDataloader: Iterable<PuzzleTensors>,
): { weights: Weights; steps: SupervisionStep[] } {
  checkFigure(config);
  let weights = mapTree(params.weights, (w) => tf.clone(w));
  let moments = initAdam(weights);
  const steps: SupervisionStep[] = [];
  for (const { xInput, yTrue } of trainDataloader) {
    let { y, z } = freshLatents(config, params, 1);
    for (let step = 0; step < config.supervisionSteps; step++) {
      const after = tidy(() => {
        const { value, grads, aux } = valueAndGrad((weights: Weights) => {
          const x = inputEmbedding(config, weights.embedding, xInput, null);
          const { yHat, qHat, ...latents } = deepRecursion(config, weights, x, y, z);
          const { solved } = correctness(yHat, yTrue); // y_hat == y_true
          let loss = answerLoss(training.loss, yHat, yTrue);
          loss = tf.add(loss, tf.mul(0.5, binaryCrossEntropy(qHat, solved)));
          return [loss, { latents, qHat }];
        }, weights); // loss.backward()
        const rates = adamRates(training, steps.length + 1);
        const updated = adamATan2(training, weights, grads, moments, rates); // opt.step()
        return { ...updated, ...aux.latents, loss: value, qHat: aux.qHat };
      }); // opt.zero_grad(): the gradients are freed
      disposeTree([y, z, weights, moments]);
      ({ y, z, weights, state: moments } = after);
      const [loss, qHat] = [after.loss, after.qHat].map((scalar) => scalar.dataSync()[0]);
      disposeTree([after.loss, after.qHat]);
      steps.push({ loss, qHat });
      if (qHat > 0) break; // early-stopping
    }
    disposeTree([y, z]);
  }
  disposeTree(moments);
  return { weights, steps };
}

/** Makes a constant: no gradient flows into the supervision step before. tfjs ends a gradient there anyway, PyTorch must be told. */
function detach(state: State): State {
  return noGradient(() => tf.clone(state));
}

/** `tf.tidy` for tensor trees, which its type does not know. */
function tidy<R>(fn: () => R): R {
  return tf.tidy(fn as () => tf.TensorContainer) as R;
}

function checkFigure(config: ModelConfig): void {
  const figure = {
    recursion: "full",
    networks: 1,
    gradientRecursions: 1,
    experts: 1,
    halting: "halt",
    exploration: 0,
    puzzleEmbSize: 0,
  };
  for (const [field, value] of Object.entries(figure)) {
    const given = config[field as keyof ModelConfig];
    if (given === value) continue;
    throw new RangeError(
      `model.${field} is ${given}, but Figure 3 needs ${value}; train this model with createTrainer`,
    );
  }
}

import { compile, disposeTree, tf } from "tfjs-compile";
import type { Dataset } from "trm/batches";
import { testBatches } from "trm/batches";
import type { Latents, Net, Recursion } from "trm/model";
import { type BatchTensors, createModel, freshLatents, type Model, type ModelParams } from "trm/model";
import { puzzleRows, toTensors } from "trm/trainer";

/** One update of one latent: a pass through the network. */
export interface LatentChange {
  /** The latent that it replaced: "z", "y", or "z1" and so on where there are many. */
  readonly latent: string;
  /** Counted from 1. */
  readonly supervisionStep: number;
  /** Size of the difference to what it replaced, relative to the size of that; the mean over the puzzles. 0 at a fixed point. */
  readonly change: number;
}

/** Options of {@link latentChanges}. */
export interface LatentChangesOptions {
  /** So many puzzles, the first of the dataset. */
  readonly puzzles: number;
  /** More than trained with are allowed. @default N_sup */
  readonly supervisionSteps?: number;
}

/**
 * Watches a model think: how much every pass through the network changes the latent that it updates. HRM's one-step gradient
 * supposes that this falls to zero, which the paper doubts.
 * Source: the paper's section 3.1, "Implicit Function Theorem (IFT) with 1-step gradient approximation".
 *
 * @param model one whose network is that of its configuration
 * @returns the updates in the order in which they happen
 * @throws RangeError when the dataset has fewer puzzles
 */
export function latentChanges(
  model: Model,
  params: ModelParams,
  dataset: Dataset,
  { puzzles, supervisionSteps = model.config.supervisionSteps }: LatentChangesOptions,
): LatentChange[] {
  const { value: first } = testBatches(dataset, puzzles).next();
  if (!first || first.count < puzzles) {
    throw new RangeError(`dataset "${dataset.name}" has ${first?.count ?? 0} puzzles, fewer than ${puzzles}`);
  }
  const names: string[] = [];
  let changes: tf.Scalar[] = [];
  const watched = createModel(model.config, {
    recursion: watching(model.recursion, (latent, change) => {
      names.push(latent);
      changes.push(change);
    }),
  });
  const step = compile(
    (params: ModelParams, latents: Latents, batch: BatchTensors) => {
      [names.length, changes] = [0, []];
      const rows = puzzleRows(params, batch);
      const output = watched.forward(params.weights, latents, batch.inputs, rows);
      return { latents: output.latents, changes: tf.stack(changes) };
    },
    { name: "latentChanges" },
  );
  const batch = toTensors(first);
  let latents = tf.tidy(() => freshLatents(model.config, params, puzzles));
  try {
    return Array.from({ length: supervisionSteps }, (_, i) => {
      const next = step(params, latents, batch);
      const values = next.changes.dataSync();
      disposeTree([latents, next.changes]);
      latents = next.latents;
      return names.map((latent, update) => ({ latent, supervisionStep: i + 1, change: values[update] }));
    }).flat();
  } finally {
    disposeTree([latents, batch]);
    step.dispose();
  }
}

/** The same recursion, with somebody told of each of its updates. */
function watching(recursion: Recursion, onUpdate: (latent: string, change: tf.Scalar) => void): Recursion {
  return {
    ...recursion,
    recurse(net, x, latents, n) {
      const now: Record<string, tf.Tensor3D> = { ...latents };
      const reasoning = Object.keys(latents).filter((name) => name !== recursion.answer);
      const watch = (update: Net["z"], latentOf: (call: number) => string): Net["z"] => {
        let calls = 0;
        return (...inputs) => {
          const latent = latentOf(calls++);
          const after = update(...inputs);
          onUpdate(latent, relativeChange(now[latent], after));
          now[latent] = after;
          return after;
        };
      };
      return recursion.recurse(
        {
          // Many latents take turns; a single one is answer and reasoning at once.
          z: watch(net.z, (call) => reasoning[call % reasoning.length] ?? recursion.answer),
          y: watch(net.y, () => recursion.answer),
        },
        x,
        latents,
        n,
      );
    },
  };
}

/** |after - before| / |before|, the mean over the batch. */
function relativeChange(before: tf.Tensor3D, after: tf.Tensor3D): tf.Scalar {
  const size = (t: tf.Tensor) => tf.sqrt(tf.sum(tf.square(t), [1, 2]));
  return tf.mean(tf.div(size(tf.sub(after, before)), size(before)));
}

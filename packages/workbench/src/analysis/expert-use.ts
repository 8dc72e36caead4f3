import { tf } from "tfjs-compile";
import type { Dataset } from "trm/batches";
import { testBatches } from "trm/batches";
import {
  createModel,
  type ExpertsParams,
  freshLatents,
  type Model,
  type ModelParams,
  mixtureOfExperts,
  networkOf,
  puzzleTokens,
  type Routing,
} from "trm/model";
import { puzzleRows, toTensors } from "trm/trainer";

/** Use of the experts by a group of cells in one layer. */
export interface ExpertUse {
  /** Counted from 1. */
  readonly layer: number;
  readonly group: string;
  /** The share of the choices that falls on each expert; they sum to 1. */
  readonly shares: readonly number[];
}

/** Options of {@link expertUse}. */
export interface ExpertUseOptions {
  /** So many puzzles are thought about, the first ones. @default 64 */
  readonly puzzles?: number;
  /** Cells whose inputs have the same group are counted together. @default all cells are one group */
  readonly group?: (token: number) => string;
}

/**
 * Counts over all passes of all supervision steps how often the router of each layer chooses each expert: whether the load is
 * balanced, and whether experts have a kind of cell of their own.
 * @throws RangeError when the model has no experts to choose from
 */
export function expertUse(
  model: Model,
  params: ModelParams,
  dataset: Dataset,
  { puzzles = 64, group = () => "all cells" }: ExpertUseOptions = {},
): ExpertUse[] {
  const { config, recursion } = model;
  if (config.experts < 2) throw new RangeError("model.experts is 1: there is nothing to choose from");
  const [batch] = testBatches(dataset, puzzles);
  const counts = new Map<ExpertsParams, Map<string, number[]>>();
  const network = networkOf(config, mixtureOfExperts(count));
  const watched = createModel(config, { network, recursion });

  // Not compiled: a compiled function does not tell what happens inside.
  tf.tidy(() => {
    const tensors = toTensors(batch);
    const rows = puzzleRows(params, tensors);
    let latents = freshLatents(config, params, batch.size);
    for (let step = 0; step < config.supervisionSteps; step++) {
      ({ latents } = watched.forward(params.weights, latents, tensors.inputs, rows));
    }
  });
  return [...counts.values()].flatMap((groups, layer) =>
    [...groups].map(([group, chosen]) => {
      const all = chosen.reduce((sum, count) => sum + count);
      return { layer: layer + 1, group, shares: chosen.map((count) => count / all) };
    }),
  );

  function count({ gates }: Routing, layer: ExpertsParams): void {
    const values = gates.dataSync();
    const [, length, experts] = gates.shape;
    const groups = counts.get(layer) ?? new Map<string, number[]>();
    counts.set(layer, groups);
    for (let cell = 0; cell < batch.count * config.seqLen; cell++) {
      const name = group(batch.inputs[cell]);
      const chosen = groups.get(name) ?? new Array<number>(experts).fill(0);
      groups.set(name, chosen);
      const row = Math.floor(cell / config.seqLen);
      const position = puzzleTokens(config) + (cell % config.seqLen);
      for (let e = 0; e < experts; e++) {
        if (values[(row * length + position) * experts + e] > 0) chosen[e]++;
      }
    }
  }
}

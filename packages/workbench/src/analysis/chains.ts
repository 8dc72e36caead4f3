import { disposeTree, tf } from "tfjs-compile";
import { type Batch, type Dataset, type PuzzleHints, type Rules, testBatches } from "trm/batches";
import type { ModelConfig, ModelOutput, ModelParams } from "trm/model";
import { createRandom } from "trm/random";
import { type LossKind, logProbabilities, type Reasoner, think, toTensors } from "trm/trainer";
import { latentNoise, type RowRandom } from "./noise";
import { symmetryGroup, type TokenSymmetry, unchanged } from "./symmetry";

/** One chain of thought about a puzzle after one supervision step. */
export interface ChainStep {
  /** The most likely token of every cell, with the chain's symmetry undone. */
  readonly tokens: Int32Array;
  readonly qHalt: number;
  /** True where the model would halt by the rule of its training. */
  readonly halts: boolean;
  /** Mean absolute change of the logits since the step before; 0 after the first. */
  readonly change: number;
  /** Probability of the answers, the mean over the cells. */
  readonly confidence: number;
}

/** One chain of thought, step by step. */
export type Chain = readonly ChainStep[];

/** What several chains thought about one puzzle. */
export interface PuzzleChains {
  readonly inputs: Int32Array;
  /** `IGNORED_LABEL` where nothing is asked. */
  readonly labels: Int32Array;
  readonly puzzleIdentifier: number;
  /** The rules that judge answers; without them an answer is right when it equals the labels. */
  readonly rules?: Rules;
  /** The first thinks undisturbed: it is the model's one try. */
  readonly chains: readonly Chain[];
}

/** Options of {@link thinkInChains}. */
export interface ChainOptions {
  /** Chains for each puzzle. The first thinks as the model does alone; noise, starts and symmetries are for the others. */
  readonly chains: number;
  /** Rows at a time: puzzles times chains. @default 256 */
  readonly batchSize?: number;
  /** @default N_sup */
  readonly supervisionSteps?: number;
  /** Deviation of the normal noise before each supervision step. The norms keep the latents' own near 1. @default 0 */
  readonly noise?: number;
  /** Latents that get noise. @default the answer alone */
  readonly noisyLatents?: readonly string[];
  /** Begin at random latents. @default false */
  readonly randomStarts?: boolean;
  /** Symmetries of each puzzle; the chains take turns with them. @default 1: the puzzle as it is */
  readonly symmetries?: number;
  /** What the tokens do not tell about the kind of puzzle, for its symmetries. */
  readonly hints?: PuzzleHints;
  /** Of noise, starts and symmetries. @default 0 */
  readonly seed?: number | string;
  /** The loss that the model was trained with, which turns its logits into probabilities. @default "stablemax" */
  readonly loss?: LossKind;
  /** A batch ends when this holds for each of its puzzles. @default never: all steps are taken */
  readonly enough?: (puzzle: PuzzleChains) => boolean;
  readonly signal?: AbortSignal;
}

/**
 * Lets a model think about every puzzle in several chains, all in one batch: the rows of a puzzle are its chains, which differ by
 * noise, by their start, or by a symmetry that is undone in the answer. A chain depends on the seed, its puzzle and its number
 * alone, so that the first K of more chains are what K chains would have been.
 * @throws RangeError for chains that could not differ, or symmetries that do not exist
 * @example
 * const { test } = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const reasoner = createReasoner(model, "float32");
 * const thinking = thinkInChains(reasoner, model.init(createRandom(0)), test, { chains: 4, noise: 0.2 });
 * for await (const { chains } of thinking) console.log(chains.map((steps) => steps.at(-1)?.qHalt));
 */
export async function* thinkInChains(
  reasoner: Reasoner,
  params: ModelParams,
  datasets: Dataset | readonly Dataset[],
  options: ChainOptions,
): AsyncGenerator<PuzzleChains, void, undefined> {
  checkChains(options);
  const { chains, batchSize = 256 } = options;
  let first = 0;
  for (const dataset of [datasets].flat()) {
    for (const batch of testBatches(dataset, Math.max(1, Math.floor(batchSize / chains)))) {
      yield* await batchInChains(reasoner, params, batch, first, options);
      first += batch.count;
    }
  }
}

/** All that {@link thinkInChains} yields, as a list. */
export async function allChains(
  reasoner: Reasoner,
  params: ModelParams,
  datasets: Dataset | readonly Dataset[],
  options: ChainOptions,
): Promise<PuzzleChains[]> {
  const all: PuzzleChains[] = [];
  for await (const puzzle of thinkInChains(reasoner, params, datasets, options)) all.push(puzzle);
  return all;
}

/** @throws RangeError for chains that could not differ, or that have more symmetries than chains */
export function checkChains({ chains, noise = 0, symmetries = 1, randomStarts = false }: ChainOptions): void {
  if (!(Number.isInteger(chains) && chains >= 1)) {
    throw new RangeError(`chains must be a whole number from 1, got ${chains}`);
  }
  if (!(noise >= 0 && Number.isFinite(noise))) throw new RangeError(`noise must be 0 or more, got ${noise}`);
  if (symmetries > chains) {
    throw new RangeError(`${symmetries} symmetries need as many chains, got ${chains}`);
  }
  if (noise === 0 && !randomStarts && symmetries < chains) {
    throw new RangeError(
      `${chains} chains would think alike: give them noise, random starts, or ${chains} symmetries`,
    );
  }
  if (chains === 1 && (noise > 0 || randomStarts)) {
    throw new RangeError("one chain thinks undisturbed: noise and random starts need at least 2 chains");
  }
}

/** Lets a batch of puzzles, of which the first has this number, think in all their chains. */
async function batchInChains(
  reasoner: Reasoner,
  params: ModelParams,
  batch: Batch,
  first: number,
  options: ChainOptions,
): Promise<PuzzleChains[]> {
  const { config, recursion } = reasoner.model;
  const { chains, seed = 0, noise = 0, randomStarts = false, signal } = options;
  const latents = options.noisyLatents ?? [recursion.answer];
  checkLatents(latents, recursion.latents(config.n));
  const symmetries = Array.from({ length: batch.size }, (_, i) => symmetriesOf(config, first + i, options));
  const rows = Array.from({ length: batch.size * chains }, (_, row): RowRandom => {
    const [puzzle, chain] = [first + Math.floor(row / chains), row % chains];
    return chain === 0 ? null : createRandom(`${seed}/puzzle ${puzzle}/chain ${chain}`);
  });
  const disturbed = noise > 0 || randomStarts;
  const thinkOptions = {
    ...(signal && { signal }),
    ...(disturbed && { perturb: latentNoise({ seed, rows, noise, latents, randomStarts }) }),
  };
  const thoughts = Array.from({ length: batch.size * chains }, (): ChainStep[] => []);
  const puzzles = Array.from({ length: batch.count }, (_, i): PuzzleChains => {
    const cells = [i * batch.seqLen, (i + 1) * batch.seqLen] as const;
    return {
      inputs: batch.inputs.slice(...cells),
      labels: batch.labels.slice(...cells),
      puzzleIdentifier: batch.puzzleIdentifiers[i],
      ...(batch.rules && { rules: batch.rules }),
      chains: thoughts.slice(i * chains, (i + 1) * chains),
    };
  });
  const tensors = toTensors(tiled(batch, chains, symmetries));
  const steps = options.supervisionSteps ?? config.supervisionSteps;
  let before: tf.Tensor3D | undefined;
  try {
    for await (const { output } of think(reasoner, params, tensors, steps, thinkOptions)) {
      const read = await readSteps(config, output, before, options.loss ?? "stablemax");
      before?.dispose();
      before = output.logits.clone();
      for (let row = 0; row < batch.count * chains; row++) {
        const { undo } = symmetries[Math.floor(row / chains)][row % chains];
        thoughts[row].push({ ...read[row], tokens: undo(read[row].tokens) });
      }
      if (options.enough && puzzles.every((puzzle) => options.enough?.(puzzle))) break;
    }
  } finally {
    before?.dispose();
    disposeTree(tensors);
  }
  return puzzles;
}

function checkLatents(noisy: readonly string[], names: readonly string[]): void {
  const unknown = noisy.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`there is no latent "${unknown}" to disturb; the model has ${names.join(", ")}`);
  }
}

/** The symmetry of each chain of a puzzle. */
function symmetriesOf(config: ModelConfig, puzzle: number, options: ChainOptions): TokenSymmetry[] {
  const { chains, symmetries = 1, hints, seed = 0 } = options;
  if (symmetries === 1) return Array<TokenSymmetry>(chains).fill(unchanged);
  const drawn = symmetryGroup(config, hints).draw(symmetries, createRandom(`${seed}/symmetries ${puzzle}`));
  return Array.from({ length: chains }, (_, chain) => drawn[chain % symmetries]);
}

/** Every row once for each chain, under the chain's symmetry. */
function tiled(batch: Batch, chains: number, symmetries: readonly (readonly TokenSymmetry[])[]): Batch {
  const { size, seqLen, count } = batch;
  const tile = (tokens: Int32Array): Int32Array => {
    const all = new Int32Array(chains * tokens.length);
    for (let row = 0; row < size * chains; row++) {
      const puzzle = Math.floor(row / chains);
      const one = tokens.slice(puzzle * seqLen, (puzzle + 1) * seqLen);
      all.set(puzzle < count ? symmetries[puzzle][row % chains].apply(one) : one, row * seqLen);
    }
    return all;
  };
  return {
    seqLen,
    size: size * chains,
    count: count * chains,
    inputs: tile(batch.inputs),
    labels: tile(batch.labels),
    puzzleIdentifiers: Int32Array.from(
      { length: size * chains },
      (_, row) => batch.puzzleIdentifiers[Math.floor(row / chains)],
    ),
  };
}

/** One step of every row of the batch. */
async function readSteps(
  { seqLen, halting }: ModelConfig,
  { logits, qHalt, qContinue }: ModelOutput,
  before: tf.Tensor3D | undefined,
  loss: LossKind,
): Promise<ChainStep[]> {
  const device = tf.tidy(() => ({
    tokens: tf.cast(tf.argMax(logits, -1), "int32"),
    change: tf.mean(tf.abs(tf.sub(logits, before ?? logits)), [1, 2]),
    confidence: tf.mean(tf.exp(tf.max(logProbabilities(loss, logits), -1)), -1),
  }));
  const [tokens, change, confidence] = await Promise.all([
    device.tokens.data(),
    device.change.data(),
    device.confidence.data(),
  ]);
  const [halt, goOn] = await Promise.all([qHalt.data(), qContinue.data()]);
  disposeTree(device);
  return Array.from(halt, (q, row) => ({
    tokens: tokens.slice(row * seqLen, (row + 1) * seqLen) as Int32Array,
    qHalt: q,
    halts: halting === "continue" ? q > goOn[row] : q > 0,
    change: change[row],
    confidence: confidence[row],
  }));
}

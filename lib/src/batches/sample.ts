import { createRandom, type Random, type RandomState, restoreRandom } from "../random";
import { type Batch, type Dataset, exampleCount, groupCount, IGNORED_LABEL } from "./dataset";

/** Rewrites the tokens of one example in place, as an augmentation drawn from `random`. */
export type Augment = (inputs: Int32Array, labels: Int32Array, random: Random) => void;

/** The position of a {@link TrainSampler}. Plain JSON. */
export interface SamplerState {
  /** Iterations begun; see {@link TrainSamplerOptions.epochsPerIteration}. */
  readonly iteration: number;
  /** The dataset that is being read. */
  readonly dataset: number;
  /** Groups already taken from the present order. */
  readonly position: number;
  /** State before the present order was shuffled: the order is drawn again instead of stored. */
  readonly orderRandom: RandomState;
  /** State for what comes next. */
  readonly random: RandomState;
}

/** Options of {@link trainSampler}. */
export interface TrainSamplerOptions {
  readonly batchSize: number;
  readonly seed: number | string;
  /**
   * Passes over the groups that are joined before a last partial batch is dropped (`epochs_per_iter`).
   * Default 1.
   */
  readonly epochsPerIteration?: number;
  /** Applied to every sampled example, on the fly. */
  readonly augment?: Augment;
  /** Continue from here, as {@link TrainSampler.save} returned it. */
  readonly state?: SamplerState;
}

/** An endless source of training batches. */
export interface TrainSampler {
  next(): Batch;
  save(): SamplerState;
}

/**
 * Draws training batches as the official `puzzle_dataset.py` does: the groups are shuffled, one random puzzle
 * of each group is taken with its examples in random order and without replacement, and a last partial batch
 * is dropped. Several datasets take turns, an iteration each. The same seed gives the same batches, also
 * across save and resume.
 *
 * @throws RangeError when no dataset can fill a batch, or the datasets do not fit together.
 * @example
 * const { train } = sudokuTask({ box: [2, 2], train: 100, test: 10, seed: 1 });
 * const sampler = trainSampler(train, { batchSize: 64, seed: 1 });
 * const batch = sampler.next();
 * const later = trainSampler(train, { batchSize: 64, seed: 1, state: sampler.save() });
 */
export function trainSampler(
  datasets: Dataset | readonly Dataset[],
  options: TrainSamplerOptions,
): TrainSampler {
  const { batchSize, epochsPerIteration = 1, augment } = options;
  const all: readonly Dataset[] = "inputs" in datasets ? [datasets] : datasets;
  checkBatchSize(batchSize);
  checkMixable(all);
  checkFillable(all, batchSize, epochsPerIteration);

  let iteration = options.state?.iteration ?? 0;
  let which = options.state?.dataset ?? all.length - 1;
  let position = options.state?.position ?? 0;
  let random = options.state
    ? restoreRandom(options.state.orderRandom)
    : createRandom(options.seed).fork("batches");
  let orderRandom = random.save();
  let order: Int32Array = new Int32Array(0);
  if (options.state) {
    if (!all[which]) throw new RangeError(`sampler state: dataset ${which} of ${all.length} does not exist`);
    if (iteration > 0) order = shuffledGroups(all[which], epochsPerIteration, random);
    random = restoreRandom(options.state.random);
  }

  const beginIteration = (): void => {
    iteration++;
    which = (which + 1) % all.length;
    position = 0;
    orderRandom = random.save();
    order = shuffledGroups(all[which], epochsPerIteration, random);
  };

  const next = (): Batch => {
    // A short dataset may not fill a batch at all, then the next one has its turn.
    for (;;) {
      const { examples, puzzles, groups } = fillBatch(all[which], order, position, batchSize, random);
      position += groups;
      if (examples.length === batchSize)
        return collate(all[which], examples, puzzles, batchSize, augment, random);
      beginIteration();
    }
  };
  return {
    next,
    save: () => ({ iteration, dataset: which, position, orderRandom, random: random.save() }),
  };
}

function shuffledGroups(dataset: Dataset, epochs: number, random: Random): Int32Array {
  const groups = groupCount(dataset);
  const order = new Int32Array(epochs * groups);
  for (let epoch = 0; epoch < epochs; epoch++) order.set(random.permutation(groups), epoch * groups);
  return order;
}

function fillBatch(dataset: Dataset, order: Int32Array, position: number, batchSize: number, random: Random) {
  const examples: number[] = [];
  const puzzles: number[] = [];
  let groups = 0;
  while (position + groups < order.length && examples.length < batchSize) {
    const group = order[position + groups++];
    const puzzle = random.int(dataset.groupIndices[group], dataset.groupIndices[group + 1]);
    const first = dataset.puzzleIndices[puzzle];
    const size = dataset.puzzleIndices[puzzle + 1] - first;
    const chosen = random.permutation(size).subarray(0, batchSize - examples.length);
    for (const example of chosen) {
      examples.push(first + example);
      puzzles.push(puzzle);
    }
  }
  return { examples, puzzles, groups };
}

/**
 * The batches of a dataset in order, the last one padded: for evaluation, where every example counts once.
 */
export function* testBatches(dataset: Dataset, batchSize: number): Generator<Batch, void, undefined> {
  checkBatchSize(batchSize);
  const total = exampleCount(dataset);
  let puzzle = 0;
  for (let start = 0; start < total; start += batchSize) {
    const examples: number[] = [];
    const puzzles: number[] = [];
    for (let example = start; example < Math.min(start + batchSize, total); example++) {
      while (example >= dataset.puzzleIndices[puzzle + 1]) puzzle++;
      examples.push(example);
      puzzles.push(puzzle);
    }
    yield collate(dataset, examples, puzzles, batchSize);
  }
}

/** Copies examples into a batch; missing rows become padding (`_collate_batch` of the official code). */
function collate(
  dataset: Dataset,
  examples: readonly number[],
  puzzles: readonly number[],
  size: number,
  augment?: Augment,
  random?: Random,
): Batch {
  const { seqLen } = dataset;
  const inputs = new Int32Array(size * seqLen).fill(dataset.padId, examples.length * seqLen);
  const labels = new Int32Array(size * seqLen).fill(IGNORED_LABEL, examples.length * seqLen);
  const puzzleIdentifiers = new Int32Array(size).fill(dataset.blankIdentifierId);
  examples.forEach((example, row) => {
    const rowInputs = inputs.subarray(row * seqLen, (row + 1) * seqLen);
    const rowLabels = labels.subarray(row * seqLen, (row + 1) * seqLen);
    rowInputs.set(dataset.inputs.subarray(example * seqLen, (example + 1) * seqLen));
    rowLabels.set(dataset.labels.subarray(example * seqLen, (example + 1) * seqLen));
    if (augment && random) augment(rowInputs, rowLabels, random);
    for (let i = 0; i < seqLen; i++) if (rowLabels[i] === dataset.ignoreLabelId) rowLabels[i] = IGNORED_LABEL;
    puzzleIdentifiers[row] = dataset.puzzleIdentifiers[puzzles[row]];
  });
  const { rules } = dataset;
  return { size, seqLen, inputs, labels, puzzleIdentifiers, count: examples.length, ...(rules && { rules }) };
}

function checkBatchSize(batchSize: number): void {
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new RangeError(`batchSize must be a positive integer, got ${batchSize}`);
  }
}

/** One model reads all of them, so these facts must agree (as the official loader asserts). */
const SHARED_FACTS = ["seqLen", "vocabSize", "padId", "ignoreLabelId", "blankIdentifierId"] as const;

function checkMixable(datasets: readonly Dataset[]): void {
  if (datasets.length === 0) throw new RangeError("no dataset to sample from");
  const [first, ...others] = datasets;
  for (const other of others) {
    for (const fact of SHARED_FACTS) {
      if (other[fact] !== first[fact]) {
        throw new RangeError(
          `datasets "${first.name}" and "${other.name}" cannot be mixed: ${fact} is ${first[fact]} and ${other[fact]}`,
        );
      }
    }
  }
}

/** Without this check a batch larger than every dataset would be looked for without end. */
function checkFillable(datasets: readonly Dataset[], batchSize: number, epochs: number): void {
  const largest = Math.max(...datasets.map((dataset) => epochs * smallestEpoch(dataset)));
  if (largest < batchSize) {
    throw new RangeError(
      `training.batchSize is ${batchSize}, and an iteration is sure to hold ${largest} examples: use a smaller batch ` +
        "or more puzzles; for a folder also more data.epochsPerIteration",
    );
  }
}

/** Examples in an epoch that takes the smallest puzzle of each group. */
function smallestEpoch({ groupIndices, puzzleIndices }: Dataset): number {
  let examples = 0;
  for (let group = 0; group + 1 < groupIndices.length; group++) {
    let smallest = Number.POSITIVE_INFINITY;
    for (let puzzle = groupIndices[group]; puzzle < groupIndices[group + 1]; puzzle++) {
      smallest = Math.min(smallest, puzzleIndices[puzzle + 1] - puzzleIndices[puzzle]);
    }
    examples += smallest;
  }
  return examples;
}

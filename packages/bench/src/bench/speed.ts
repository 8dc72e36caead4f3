import { compile, deviceMemory, disposeTree, engineInfo, flatten, productFlops, type tf } from "tfjs-compile";
import type { BatchTensors, Model } from "trm/model";
import { createRandom } from "trm/random";
import {
  initTrainState,
  METRICS,
  type StepRates,
  stepRates,
  type TrainingConfig,
  type TrainState,
  trainStep,
} from "trm/trainer";
import { randomBatch } from "./work";

/** Speed of training on a device. */
export interface StepSpeed {
  readonly device: string;
  /** Number of devices that share each batch. */
  readonly devices: number;
  readonly batchSize: number;
  /** Numbers that are trained. */
  readonly parameters: number;
  readonly stepsPerSecond: number;
  readonly examplesPerSecond: number;
  /** Recording, compiling and the first step. */
  readonly firstStepSeconds: number;
  /** Floating-point operations of a step's matrix products. */
  readonly flopsPerStep: number;
  readonly teraflops: number;
  /** Of what the maker of the devices promises for bfloat16 products (without sparsity), where that is known. */
  readonly shareOfPeak?: number;
  /** Most bytes in use so far, where the device counts them. */
  readonly peakMemory?: number;
  /** Mean answer loss per puzzle of the last step, to see that it computed something. */
  readonly loss: number;
}

/** Dense bfloat16 products with float32 sums, in teraflops, from the makers' data sheets. */
const peaks: readonly (readonly [device: RegExp, teraflops: number])[] = [
  [/H200|H100 80GB HBM3|H100 SXM/, 989],
  [/H100 PCIe/, 756],
  [/B200/, 2250],
  [/A100/, 312],
  [/L40S/, 362],
  [/L4\b/, 121],
];

/**
 * Measures training steps on random puzzles, after a few for warming up. The next step is started before the metrics of the
 * last are read, so this is what the device can do, whatever the host has to prepare.
 *
 * @example no-run
 * await startEngine({ backend: "pjrt" });
 * const sudoku = { vocabSize: 11, seqLen: 81, numPuzzleIdentifiers: 1 };
 * console.log(await measureSteps(createModel({ ...paperModel, ...sudoku }), paperTraining));
 */
export async function measureSteps(
  model: Model,
  training: TrainingConfig,
  { steps = 20, warmUp = 3 }: { steps?: number; warmUp?: number } = {},
): Promise<StepSpeed> {
  const { batchSize } = training;
  const random = createRandom(training.seed);
  const step = compile(
    (state: TrainState, batch: BatchTensors, rates: StepRates) =>
      trainStep(model, training, state, batch, rates),
    { precision: training.precision, donate: [0], name: "trainStep" },
  );
  let state = initTrainState(model, model.init(random.fork("weights")), batchSize);
  const parameters = flatten(state.params).reduce((sum, { size }) => sum + size, 0);
  const batch = randomBatch(model, batchSize, random);

  let metrics: tf.Tensor1D | undefined;
  let values: ArrayLike<number> = [];
  const read = async () => {
    if (metrics === undefined) return;
    const reading = metrics;
    values = await reading.data();
    reading.dispose();
  };
  const run = async (count: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const rates = stepRates(training, i + 1, new Int32Array(batchSize));
      const result = await step.async(state, batch, rates);
      state = result.state;
      disposeTree(rates);
      await read();
      metrics = result.metrics;
    }
    await read();
    metrics = undefined;
    return (performance.now() - start) / 1000;
  };

  const firstStepSeconds = await run(1);
  await run(warmUp);
  const seconds = await run(steps);
  const flopsPerStep = productFlops(step.signatures()[0].graph);
  const teraflops = (flopsPerStep * steps) / seconds / 1e12;
  const { device, devices = 1 } = engineInfo();
  const peak = peaks.find(([name]) => name.test(device))?.[1];
  const peakMemory = deviceMemory()?.peak;
  disposeTree([state, batch]);
  step.dispose();
  return {
    device,
    devices,
    batchSize,
    parameters,
    stepsPerSecond: steps / seconds,
    examplesPerSecond: (steps * batchSize) / seconds,
    firstStepSeconds,
    flopsPerStep,
    teraflops,
    ...(peak !== undefined && { shareOfPeak: teraflops / (devices * peak) }),
    ...(peakMemory !== undefined && { peakMemory }),
    loss: values[METRICS.indexOf("lm_loss")] / batchSize,
  };
}

/** Thinking: the library's recursion, whose updates are programs. */
import { disposeTree, tf } from "tfjs-compile";
import { sudokuDigits, sudokuTokens } from "trm/batches";
import { deepRecursion, type Latents, type Model, type ModelParams, type Net } from "trm/model";
import { createRandom } from "trm/random";
import { compiledThinking, type Reading } from "../functions";
import type { Latent, Position, ThinkRequest, Thought } from "../protocol";

/** What {@link think} needs of a request. */
export type ThinkOptions = Pick<ThinkRequest, "grid" | "steps" | "n" | "T" | "noise" | "erase" | "seed">;

/** Called after each update of a latent. */
type OnUpdate = (position: Omit<Position, "step">) => void;

/** One chain of thought: the state after each supervision step. The caller may stop between two. */
export function* think(
  model: Model,
  params: ModelParams,
  options: ThinkOptions,
  chain: number,
  onUpdate?: (position: Position) => void,
): Generator<Thought, void, undefined> {
  const { config, recursion } = model;
  const { weights, initialLatents } = params;
  const { n = config.n, T = config.T, steps, erase } = options;
  const programs = compiledThinking(model);
  const inputs = tf.tensor2d(Int32Array.from(sudokuTokens(options.grid)), [1, config.seqLen], "int32");
  const x = programs.embed(weights.embedding, inputs);
  inputs.dispose();
  const rows = x.shape[1];
  let latents: Latents = Object.fromEntries(
    recursion.latents(n).map((name) => [name, repeated(initialLatents[name]!, rows)]),
  );
  const noise = chain === 0 ? 0 : (options.noise ?? 0);
  if (noise > 0) latents = noisy(latents, noise, `${options.seed ?? 0}/${chain}`);
  try {
    for (let step = 1; step <= steps; step++) {
      if (erase?.step === step) latents = erased(latents, erase.latents, initialLatents, rows);
      const net = tracedNet(programs.update, weights.networks, n, recursion.answer as Latent, (position) =>
        onUpdate?.({ step, ...position }),
      );
      const next = tf.tidy(() => deepRecursion(net, x, latents, { recursion, n, T }));
      const heads = { outputHead: weights.outputHead, qHead: weights.qHead };
      const reading = programs.read(heads, next, latents);
      disposeTree(latents);
      latents = next;
      const thought = thoughtOf(step, reading);
      disposeTree(reading);
      yield thought;
    }
  } finally {
    disposeTree([x, latents]);
  }
}

/** The network as programs, which counts its updates: n of z and one of y in each latent recursion. */
function tracedNet(
  update: ReturnType<typeof compiledThinking>["update"],
  networks: ModelParams["weights"]["networks"],
  n: number,
  answer: Latent,
  onUpdate: OnUpdate,
): Net {
  let done = 0;
  const updated =
    (weights: typeof networks.z, latent: Latent) =>
    (...inputs: tf.Tensor3D[]) => {
      const result = update(weights, inputs);
      onUpdate({ recursion: Math.floor(done / (n + 1)) + 1, update: (done % (n + 1)) + 1, latent });
      done++;
      return result;
    };
  return { z: updated(networks.z, "z"), y: updated(networks.y ?? networks.z, answer) };
}

/** A latent's initial value in every row, [1, rows, D]. */
function repeated(start: tf.Tensor1D, rows: number): tf.Tensor3D {
  const [size] = start.shape;
  const one = start.dataSync();
  const values = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) values.set(one, row * size);
  return tf.tensor(values, [1, rows, size]) as tf.Tensor3D;
}

function noisy(latents: Latents, deviation: number, seed: string): Latents {
  const random = createRandom(seed);
  const result = Object.entries(latents).map(([name, latent]) => {
    const values = latent.dataSync().map((value) => value + deviation * random.normal());
    return [name, tf.tensor(values, latent.shape)];
  });
  disposeTree(latents);
  return Object.fromEntries(result);
}

function erased(
  latents: Latents,
  names: readonly Latent[],
  initial: ModelParams["initialLatents"],
  rows: number,
): Latents {
  const erased = Object.fromEntries(
    Object.entries(latents).map(([name, latent]) => [
      name,
      names.includes(name as Latent) ? repeated(initial[name]!, rows) : latent.clone(),
    ]),
  );
  disposeTree(latents);
  return erased;
}

function thoughtOf(step: number, reading: Reading): Thought {
  const movement = Object.entries(reading.movement).map(([name, moved]) => [name, moved.dataSync()[0]]);
  return {
    step,
    answer: sudokuDigits(reading.answer.dataSync()),
    confidence: reading.confidence.dataSync() as Float32Array,
    halting: reading.halting.dataSync()[0]!,
    movement: Object.fromEntries(movement),
    zAnswer: sudokuDigits(reading.zAnswer.dataSync()),
    zConfidence: reading.zConfidence.dataSync() as Float32Array,
  };
}

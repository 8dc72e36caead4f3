/** Solutions of the exercises of notebook 0. */
import { compile, noGradient, tf, valueAndGrad } from "tfjs-compile";
import * as trm from "trm-workbench";

// The notebook's model, with a switch for each exercise.

type Weights = Record<string, tf.Tensor2D>;
type Latents = { y: tf.Tensor3D; z: tf.Tensor3D };
type Block = (w: Weights, h: tf.Tensor3D) => tf.Tensor3D;

const [L, V, D, N_sup] = [16, 6, 48, 8];
const puzzles = trm.sudokuTask({ box: [2, 2], train: 150, test: 100, seed: 1 });
const tensors = ({ size, inputs, labels }: trm.Batch) =>
  [inputs, labels].map((tokens) => tf.tensor2d(tokens, [size, L], "int32"));
const testTensors = () => tensors([...trm.testBatches(puzzles.test, 100)][0]!);

const matrix = (rows: number, columns: number, seed: number) =>
  tf.randomNormal<tf.Rank.R2>([rows, columns], 0, 1 / Math.sqrt(columns), "float32", seed);
const newWeights = (): Weights => ({
  tokens: matrix(V, D, 1),
  mixGateUp: matrix(6 * L, L, 2),
  mixDown: matrix(L, 3 * L, 3),
  gateUp: matrix(6 * D, D, 4),
  down: matrix(D, 3 * D, 5),
  head: matrix(V, D, 6),
});
const embed = (w: Weights, question: tf.Tensor2D): tf.Tensor3D =>
  tf.mul(tf.gather(w.tokens, question), Math.sqrt(D));

function linear(h: tf.Tensor3D, weight: tf.Tensor2D): tf.Tensor3D {
  const [batch, rows, columns] = h.shape;
  return tf.reshape(tf.matMul(tf.reshape(h, [-1, columns]), weight, false, true), [batch, rows, -1]);
}
function swiGlu(h: tf.Tensor3D, gateUp: tf.Tensor2D, down: tf.Tensor2D): tf.Tensor3D {
  const [gate, up] = tf.split(linear(h, gateUp), 2, 2);
  return linear(tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), down);
}
const turn = (h: tf.Tensor3D): tf.Tensor3D => tf.transpose(h, [0, 2, 1]);
const norm = (h: tf.Tensor3D): tf.Tensor3D =>
  tf.div(h, tf.sqrt(tf.add(tf.mean(tf.square(h), 2, true), 1e-5)));

const normAfter: Block = (w, h) => {
  const mixed = turn(norm(tf.add(turn(h), swiGlu(turn(h), w.mixGateUp, w.mixDown))));
  return norm(tf.add(mixed, swiGlu(mixed, w.gateUp, w.down)));
};
const normBefore: Block = (w, h) => {
  const mixed = turn(tf.add(turn(h), swiGlu(norm(turn(h)), w.mixGateUp, w.mixDown)));
  return tf.add(mixed, swiGlu(norm(mixed), w.gateUp, w.down));
};

const model = {
  block: normAfter,
  n: 1,
  T: 1,
  /** Latent recursions of a supervision step that get a gradient. */
  gradients: 1,
  carry: true,
  halting: false,
};
type Model = typeof model;

function recurse({ block, n }: Model, w: Weights, x: tf.Tensor3D, { y, z }: Latents, times: number): Latents {
  const net = (...inputs: tf.Tensor3D[]) => block(w, tf.addN(inputs));
  for (let j = 0; j < times; j++) {
    for (let i = 0; i < n; i++) z = net(x, y, z);
    y = net(y, z);
  }
  return { y, z };
}

const random = (seed: number, batch: number, shape: number[]): tf.Tensor3D =>
  tf.broadcastTo(tf.randomNormal(shape, 0, 1, "float32", seed), [batch, L, D]);
const begin = (batch: number): Latents => ({ y: random(7, batch, [D]), z: random(8, batch, [D]) });

/** The halting head reads the first cell of y. */
const beliefs = (w: Weights, y: tf.Tensor3D): tf.Tensor1D =>
  tf.reshape(linear(tf.slice(y, [0, 0, 0], [-1, 1, D]), w.halt), [-1]);
const answers = (w: Weights, y: tf.Tensor3D): tf.Tensor2D => tf.argMax(linear(y, w.head), 2);
const areRight = (answer: tf.Tensor2D, solution: tf.Tensor2D) =>
  tf.cast(tf.all(tf.equal(tf.cast(answer, "int32"), solution), 1), "float32");

function lossOf({ halting }: Model, w: Weights, y: tf.Tensor3D, solution: tf.Tensor2D): tf.Scalar {
  const logProbabilities = tf.logSoftmax(linear(y, w.head));
  const loss = tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(solution, V), logProbabilities), 2)));
  if (!halting) return loss.asScalar();
  const q = beliefs(w, y);
  const t = noGradient(() => areRight(answers(w, y), solution));
  return tf.add(loss, tf.mean(tf.sub(tf.softplus(q), tf.mul(q, t)))).asScalar();
}

function newRun({ halting }: Model) {
  const w = { ...newWeights(), ...(halting && { halt: matrix(1, D, 9) }) };
  const zeros = (): Weights =>
    Object.fromEntries(Object.entries(w).map(([name, weight]) => [name, tf.zerosLike(weight)]));
  return { w, m: zeros(), v: zeros(), t: tf.scalar(0) };
}
type Run = { w: Weights; m: Weights; v: Weights; t: tf.Scalar };

const learnAs =
  (model: Model) =>
  ({ w, m, v, t }: Run, question: tf.Tensor2D, solution: tf.Tensor2D, before: Latents) => {
    const better = recurse(model, w, embed(w, question), before, model.T - model.gradients);
    const { grads, aux } = valueAndGrad((w: Weights) => {
      const after = recurse(model, w, embed(w, question), better, model.gradients);
      return [lossOf(model, w, after.y, solution), after];
    }, w);
    const run: Run = { w: {}, m: {}, v: {}, t: tf.add(t, 1) };
    const rate = tf.mul(0.004, tf.minimum(1, tf.div(run.t, 40)));
    for (const name in w) {
      run.m[name] = tf.add(tf.mul(m[name], 0.9), tf.mul(grads[name], 0.1));
      run.v[name] = tf.add(tf.mul(v[name], 0.95), tf.mul(tf.square(grads[name]), 0.05));
      const direction = tf.atan2(run.m[name], tf.sqrt(tf.div(run.v[name], tf.sub(1, tf.pow(0.95, run.t)))));
      const step = tf.mul(direction, tf.div(rate, tf.sub(1, tf.pow(0.9, run.t))));
      run.w[name] = tf.sub(tf.mul(w[name], tf.sub(1, tf.mul(0.1, rate))), step);
    }
    return { run, after: aux };
  };

async function train(model: Model): Promise<Weights> {
  const steps = trm.notebookSettings().budget === "smoke" ? N_sup : 480;
  const sampler = trm.trainSampler(puzzles.train, { batchSize: 32, seed: 1, augment: puzzles.augment });
  const learn = compile(learnAs(model));
  let run: Run = newRun(model);
  for (let step = 0; step < steps; step += N_sup) {
    const before = run;
    run = tf.tidy(() => {
      const [question, solution] = tensors(sampler.next());
      let now = { run: before, after: begin(32) };
      for (let i = 0; i < N_sup; i++)
        now = learn(now.run, question, solution, model.carry ? now.after : begin(32));
      return now.run;
    });
    tf.dispose(before);
    await tf.nextFrame(); // lets an interrupt arrive
  }
  learn.dispose();
  return run.w;
}

/** The held-out puzzles after each supervision step: share that is solved, and what the halting head says. */
function think(model: Model, w: Weights, change = (latents: Latents, _step: number) => latents) {
  return tf.tidy(() => {
    const [question, solution] = testTensors();
    let latents = begin(100);
    return Array.from({ length: 2 * N_sup }, (_, i) => {
      latents = recurse(model, w, embed(w, question), change(latents, i + 1), model.T);
      const right = areRight(answers(w, latents.y), solution);
      const q = model.halting ? beliefs(w, latents.y).dataSync() : new Float32Array();
      return { step: i + 1, solved: 100 * tf.mean(right).dataSync()[0], right: right.dataSync(), q };
    });
  });
}

/** The share of solved puzzles after some supervision steps, a column for each model. */
function showSolved(columns: Readonly<Record<string, ReturnType<typeof think>>>) {
  const names = Object.keys(columns);
  trm.showTable(
    [1, 2, 3, 4, 5, 6, 8, 16].map((step) => ({
      "supervision step": step,
      ...Object.fromEntries(names.map((name) => [`${name}: solved %`, columns[name][step - 1].solved])),
    })),
    { digits: 0 },
  );
}

/** The norm before each layer: the sum itself is never scaled. */
export async function exercise1() {
  const largest = (block: Block, passes: number) =>
    tf.tidy(() => {
      const w = newWeights();
      let h = embed(w, testTensors()[0]);
      for (let pass = 0; pass < passes; pass++) h = block(w, h);
      return tf.max(tf.abs(h)).dataSync()[0];
    });
  trm.showTable(
    [1, 10, 100].map((passes) => ({
      passes,
      "largest number, norm before": largest(normBefore, passes),
      "norm after": largest(normAfter, passes),
    })),
    { digits: 1 },
  );
  const before = { ...model, block: normBefore };
  showSolved({ "norm before": think(before, await train(before)), after: think(model, await train(model)) });
}

/** Six passes in a supervision step, with and without the carry. */
export async function exercise2() {
  const deep = { ...model, n: 2, T: 2 };
  const forgetful = { ...deep, carry: false };
  showSolved({ carry: think(deep, await train(deep)), "no carry": think(deep, await train(forgetful)) });
}

/** A gradient through one latent recursion, or through both. */
export async function exercise3() {
  const rows: trm.ResultsRow[] = [];
  for (const gradients of [1, 2]) {
    const deep = { ...model, n: 2, T: 2, gradients };
    const started = performance.now();
    const w = await train(deep);
    const seconds = (performance.now() - started) / 1000;
    const { solved } = think(deep, w)[N_sup - 1]!;
    rows.push({ "latent recursions with a gradient": gradients, "solved %": solved, seconds });
  }
  trm.showTable(rows, { digits: 1 });
}

/** Other latents in the fourth supervision step. */
export async function exercise4() {
  const w = await train(model);
  const shape = [100, L, D];
  const lost = think(model, w, (latents, step) =>
    step === 4 ? { y: random(10, 100, shape), z: random(11, 100, shape) } : latents,
  );
  showSolved({ undisturbed: think(model, w), "random latents in step 4": lost });
}

/** What the halting head believes, and how often it is right. */
export async function exercise5() {
  const halting = { ...model, halting: true };
  const steps = think(halting, await train(halting));
  trm.showTable(
    [1, 2, 4, 8, 16].map((step) => {
      const { solved, right, q } = steps[step - 1]!;
      const percentOf = (holds: (i: number) => boolean) => right.filter((_, i) => holds(i)).length;
      return {
        "supervision step": step,
        "solved %": solved,
        "q above 0 %": percentOf((i) => q[i]! > 0),
        "q is right %": percentOf((i) => q[i]! > 0 === right[i]! > 0),
      };
    }),
    { digits: 0 },
  );
}

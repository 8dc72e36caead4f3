/**
 * A classifier of iris flowers, trained by one compiled step. From this package's folder: `npx tsx examples/iris.ts`.
 *
 * Data: R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936; 150 flowers of three species.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile, startEngine, tf, valueAndGrad, zipTrees } from "tfjs-compile";

/** A network of two hidden layers. */
export type Weights = Readonly<Record<"in" | "hidden" | "out", tf.Tensor2D>>;

/** The flowers: four measurements each, standardized, `[150, 4]`, and their species as one-hot rows, `[150, 3]`. */
export function readFlowers(): { x: tf.Tensor2D; species: tf.Tensor2D } {
  const rows = readFileSync(join(__dirname, "iris.csv"), "utf8").trim().split("\n").slice(1);
  const names = ["setosa", "versicolor", "virginica"];
  const cells = rows.map((row) => row.split(","));
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(tf.tensor2d(cells.map((row) => row.slice(0, 4).map(Number))), 0);
    const raw = tf.tensor2d(cells.map((row) => row.slice(0, 4).map(Number)));
    return {
      x: tf.div(tf.sub(raw, mean), tf.sqrt(variance)) as tf.Tensor2D,
      species: tf.tensor2d(cells.map((row) => names.map((name) => Number(row[4] === name)))),
    };
  });
}

/** Random weights for `units` in each hidden layer. */
export function randomWeights(units: number): Weights {
  const matrix = (rows: number, columns: number, seed: number) =>
    tf.randomNormal([rows, columns], 0, Math.sqrt(1 / rows), "float32", seed) as tf.Tensor2D;
  return { in: matrix(4, units, 1), hidden: matrix(units, units, 2), out: matrix(units, 3, 3) };
}

/** Logits of each species, `[examples, 3]`. */
export const classify = (weights: Weights, x: tf.Tensor2D): tf.Tensor2D =>
  tf.matMul(tf.tanh(tf.matMul(tf.tanh(tf.matMul(x, weights.in)), weights.hidden)), weights.out);

/** One step of gradient descent on the mean cross-entropy. */
export function step(weights: Weights, x: tf.Tensor2D, species: tf.Tensor2D) {
  const { value: loss, grads } = valueAndGrad((weights) => {
    const logProbabilities = tf.logSoftmax(classify(weights, x));
    return [tf.neg(tf.mean(tf.sum(tf.mul(logProbabilities, species), 1))) as tf.Scalar, {}];
  }, weights);
  return { loss, weights: zipTrees((weight, grad) => tf.sub(weight, tf.mul(grad, 0.1)), weights, grads) };
}

async function main(): Promise<void> {
  await startEngine();
  const { x, species } = readFlowers();
  // Arguments 1 and 2 hold examples, so that each core computes some of the flowers.
  const compiled = compile(step, { donate: [0], batch: [1, 2] });
  let weights = randomWeights(512);
  for (let i = 1; i <= 100; i++) {
    const result = await compiled.async(weights, x, species);
    weights = result.weights;
    if (i % 20 === 0) console.log(`step ${i}: loss ${result.loss.dataSync()[0]?.toFixed(4)}`);
    result.loss.dispose();
  }
  const right = tf.mean(tf.cast(tf.equal(classify(weights, x).argMax(1), species.argMax(1)), "float32"));
  const [facts] = compiled.signatures();
  console.log(`${(100 * right.dataSync()[0]!).toFixed(1)}% right, run by ${facts?.runsOn ?? "tfjs"}`);
}

if (require.main === module) void main();

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { classify, randomWeights, readFlowers, step } from "../examples/iris";
import { compile, disposeTree, flatten, startEngine, tf } from "../src";
import { toolchain } from "../src/native/toolchain";

describe("a classifier of floats alone", () => {
  before(() => startEngine({ backend: "tensorflow", threads: 2 }));

  test("runs natively, as the plain function does, and learns", {
    skip: toolchain() === undefined && "no C compiler works here",
  }, async () => {
    const { x, species } = readFlowers();
    const compiled = compile(step, { batch: [1, 2] });
    let weights = randomWeights(512);
    const plain = step(weights, x, species);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const result = await compiled.async(weights, x, species);
      if (i === 0) {
        flatten(plain).forEach((expected, j) => {
          const difference = tf.tidy(() => flatten(result)[j]!.sub(expected).abs().max().dataSync()[0]!);
          assert.ok(difference < 1e-5, `tensor ${j} is off by ${difference}`);
        });
      }
      losses.push(result.loss.dataSync()[0]!);
      disposeTree([weights, result.loss]);
      weights = result.weights;
    }
    const [facts, ...others] = compiled.signatures();
    assert.deepEqual([facts!.runsOn, facts!.because, others.length], ["native", undefined, 0]);
    assert.ok(losses.at(-1)! < 0.2 * losses[0]!, losses.join(" "));
    const right = tf.tidy(() =>
      classify(weights, x).argMax(1).equal(species.argMax(1)).cast("float32").mean().dataSync(),
    );
    assert.ok(right[0]! > 0.9, `${right[0]} of the flowers are classified right`);
    compiled.dispose();
    disposeTree([weights, plain, x, species]);
  });

  test("runs in TensorFlow where nothing tells which arguments hold examples", () => {
    const { x, species } = readFlowers();
    const compiled = compile(step);
    const result = compiled(randomWeights(512), x, species);
    const [facts] = compiled.signatures();
    assert.equal(facts!.runsOn, "tensorflow");
    assert.match(
      facts!.because!,
      toolchain() === undefined ? /no C compiler/ : /name them in the option "batch"/,
    );
    disposeTree(result);
    compiled.dispose();
  });

  test("refuses arguments that are no batch", () => {
    const f = (x: tf.Tensor, y: tf.Tensor | number) => tf.add(x, y);
    const x = tf.ones([4, 2]);
    const call = (y: tf.Tensor | number) => compile(f, { batch: [0, 1], name: "f" })(x, y);
    assert.throws(() => call(2), /compile\(f\): "batch" names argument 1, which holds no tensor/);
    assert.throws(
      () => call(tf.scalar(1)),
      /same first dimension, but those at 0 and 1 have the shapes \[4,2\] and \[\]/,
    );
    assert.throws(() => call(tf.ones([3, 2])), /shapes \[4,2\] and \[3,2\]/);
  });
});

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { tf } from "../src";
import { eagerEngine, startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { graphBuilder } from "../src/graph/builder";
import type { Graph, Value } from "../src/graph/graph";
import { autocast } from "../src/graph/passes/autocast";
import { canRunSwish, fuseSwish } from "../src/tensorflow/fuse-swish";
import { tensorflowLowering } from "../src/tensorflow/lower";

before(() => startEngine({ backend: "tensorflow" }));

const ops = (graph: Graph) => graph.nodes.map((node) => node.op);

/** A graph of one matrix parameter. */
function graphOf(body: (op: (op: string, ...inputs: Value[]) => Value, x: Value) => Value[]): Graph {
  const builder = graphBuilder("test");
  const x = builder.parameter([4, 4], "float32");
  return builder.build(body((op, ...inputs) => builder.node(op, {}, inputs, 1)[0]!, x));
}

test("a product with its own sigmoid is one operation, whichever stands first", () => {
  const first = graphOf((op, x) => [op("Neg", op("Mul", x, op("Sigmoid", x)))]);
  const second = graphOf((op, x) => [op("Neg", op("Mul", op("Sigmoid", x), x))]);
  for (const graph of [first, second])
    assert.deepEqual(ops(fuseSwish(graph, () => true)), ["_MklSwish", "Neg"]);
});

test("the casts around a sigmoid under autocast go too", () => {
  const graph = autocast(
    graphOf((op, x) => {
      const h = op("MatMul", x, x);
      return [op("MatMul", op("Mul", h, op("Sigmoid", h)), x)];
    }),
  );
  assert.deepEqual(ops(fuseSwish(graph, (dtype) => dtype === "bfloat16")), [
    "Cast",
    "MatMul",
    "_MklSwish",
    "MatMul",
    "Cast",
  ]);
});

test("what must not be fused stays as it is", () => {
  const kept = (graph: Graph, canRun = true) =>
    assert.equal(
      fuseSwish(graph, () => canRun),
      graph,
    );
  kept(
    graphOf((op, x) => [op("Mul", op("Neg", x), op("Sigmoid", x))]), // the sigmoid of something else
  );
  kept(
    graphOf((op, x) => {
      const s = op("Sigmoid", x);
      return [op("Mul", x, s), op("Neg", s)]; // a gradient reads the sigmoid
    }),
  );
  kept(
    graphOf((op, x) => {
      const s = op("Sigmoid", x);
      return [op("Mul", x, s), s]; // it is a result
    }),
  );
  kept(
    graphOf((op, x) => [op("Mul", x, op("Sigmoid", x))]),
    false,
  );
});

for (const [precision, tolerance] of [
  ["float32", 1e-6],
  ["bfloat16", 0.03],
] as const) {
  test(`it computes x * sigmoid(x), and its gradient, in ${precision}`, () => {
    const silu = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));
    const net = (x: tf.Tensor2D, w: tf.Tensor2D) => tf.matMul(silu(tf.matMul(x, w)) as tf.Tensor2D, w);
    const plain = (x: tf.Tensor2D, w: tf.Tensor2D) => [
      net(x, w),
      tf.grad((x) => net(x as tf.Tensor2D, w))(x),
    ];
    const compiled = compile(plain, { precision });
    tf.tidy(() => {
      const x = tf.tensor2d([-4, -1, -0.1, 0, 0.5, 3], [2, 3]);
      const w = tf.tensor2d([1, 0, 0.5, 0, 1, -0.5, 0.25, 0, 1], [3, 3]);
      const expected = plain(x, w);
      for (const [i, actual] of compiled(x, w).entries()) {
        const error = tf.max(tf.abs(tf.sub(actual, expected[i]!))).dataSync()[0]!;
        assert.ok(error <= tolerance, `output ${i} is off by ${error}`);
      }
    });
    compiled.dispose();
  });
}

test("it is tried before it is used", () => {
  const { tensorflow, binding } = eagerEngine()!;
  const onCpu = tensorflow.devices.every(({ type }) => type === "CPU");
  const lower = (graph: Graph) => tensorflowLowering(tensorflow, binding)(graph);
  // Every build of TensorFlow for x86 in pip's registry has it.
  assert.equal(canRunSwish(tensorflow, binding, "float32", lower), process.arch === "x64" && onCpu);
  const before = binding.memory().tensors;
  const failing = () => assert.fail("no such kernel");
  assert.equal(canRunSwish(tensorflow, binding, "float64", failing), false);
  assert.equal(binding.memory().tensors, before);
});

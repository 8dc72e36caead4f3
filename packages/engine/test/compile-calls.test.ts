import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { assertClose, clean, numbers, type T } from "./compile-support";

before(async () => {
  await startEngine({ backend: "tensorflow" });
});

describe("errors", () => {
  const recorded = () => compile((x: T) => x.add(1), { name: "plus" });

  clean("reading data while recording", () => {
    for (const read of [(x: T) => x.dataSync(), (x: T) => x.arraySync(), (x: T) => x.print()]) {
      const f = compile((x: T) => {
        read(x.add(1));
        return x;
      });
      assert.throws(() => f(tf.scalar(1)), /cannot read a tensor's data.*Return the tensor/s);
    }
    assert.deepEqual(numbers(tf.scalar(1).add(1)), [2], "eager mode is back");
  });

  clean("an error of the function leaves eager mode as it was", () => {
    const f = compile((x: T) => {
      const y = x.add(1);
      if (y.rank === 0) throw new Error("from the function");
      return y;
    });
    assert.throws(() => f(tf.scalar(1)), /^Error: from the function$/);
    assert.deepEqual(numbers(tf.scalar(1).add(1)), [2]);
    assert.deepEqual(numbers(f(tf.tensor1d([1]))), [2]);
    f.dispose();
  });

  clean("disposed arguments", () => {
    const x = tf.scalar(1);
    x.dispose();
    const f = compile((o: { x: T[] }) => o.x[0]!.add(1), { name: "plus" });
    assert.throws(() => f({ x: [x] }), /compile\(plus\): the tensor at argument 0\.x\.0 is disposed/);
  });

  clean("tensors of another copy of tfjs", () => {
    const foreign = Object.assign(Object.create(tf.Tensor.prototype) as T, {
      dataId: {},
      shape: [],
      dtype: "float32",
      isDisposedInternal: false,
    });
    assert.throws(() => recorded()(foreign), /argument 0 belongs to another copy of tfjs/);
  });

  clean("wrong shapes and dtypes name the operation", () => {
    const product = compile(
      (a: T, b: T) =>
        tf.engine().runKernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: false }) as T,
    );
    assert.throws(
      () => product(tf.ones([2, 3]), tf.ones([2, 3])),
      /BatchMatMulV2\(%0 float32\[2,3\], %1 float32\[2,3\]\): the inner dimensions 3 and 2 differ/,
    );
    assert.throws(() => product(tf.ones([2, 2]), tf.ones([2, 2], "int32")), /BatchMatMulV2.*int32/s);
    const root = compile((x: T) => tf.engine().runKernel("Sqrt", { x }) as T);
    assert.throws(() => root(tf.ones([2], "int32")), /Sqrt.*int32/s);
  });

  clean("results whose size depends on data", () => {
    assert.throws(
      () => compile((x: T) => tf.unique(x).values)(tf.tensor1d([1, 1])),
      /UniqueV2.*depends on the data/s,
    );
  });

  clean("promises", () => {
    assert.throws(() => compile(async (x: T) => x)(tf.scalar(1)), /returned a promise/);
  });

  clean("assigning to a variable leaves it as it was", () => {
    const w = tf.variable(tf.scalar(1), true, "errors.w");
    const assigns = compile((x: T) => {
      w.assign(w.add(x));
      return x.add(1);
    });
    assert.throws(() => assigns(tf.scalar(1)), /cannot assign to a tf.Variable \("errors\.w"\)/);
    w.assign(w.add(1));
    assert.deepEqual(numbers(w), [2]);
    w.dispose();
  });

  test("tensors that would outlive the recording", () => {
    let kept: T | undefined;
    const keeps = compile((x: T) => {
      kept ??= tf.keep(x.add(1));
      return kept.add(1);
    });
    const x = tf.scalar(1);
    assert.throws(() => keeps(x), /1 tensors .* outlive it \(float32\[\]\).*Return them instead/s);
    assert.throws(() => keeps(x), /was made inside another compiled function and kept there/);
    assert.throws(() => kept!.dataSync(), /does not exist/);
    x.dispose();
  });

  clean("a disposed function", () => {
    const f = recorded();
    f(tf.scalar(1));
    f.dispose();
    assert.throws(() => f(tf.scalar(1)), /compile\(plus\): this function has been disposed/);
  });
});

describe("asynchronous calls", () => {
  test("leave the event loop free, and arguments may be disposed meanwhile", async () => {
    const before = tf.memory().numTensors;
    const f = compile((x: T) => {
      let y = x;
      for (let i = 0; i < 20; i++) y = y.matMul(x).tanh();
      return y;
    });
    const x = tf.randomNormal([300, 300]);
    const expected = f(x);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const first = f.async(x);
    const second = f.async(x);
    x.dispose();
    assertClose(await first, expected);
    assertClose(await second, expected);
    clearInterval(timer);
    assert.ok(turns > 0, "no timer ran");
    tf.dispose([expected, await first, await second]);
    f.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  test("errors reject", async () => {
    const pick = compile((x: T, i: T) => x.gather(i));
    const [x, i] = [tf.tensor1d([1, 2]), tf.tensor1d([5], "int32")];
    await assert.rejects(pick.async(x, i), /is not in \[0, 2\)/);
    tf.dispose([x, i]);
    pick.dispose();
  });
});

describe("bfloat16", () => {
  clean("products in bfloat16 stay close to float32; arguments and results are float32", () => {
    const f = (x: T, w: T) => {
      const { value, grads } = tf.valueAndGrads((w: T) =>
        x.matMul(w).softmax().log().neg().mean().asScalar(),
      )([w]);
      return [value, grads[0]!];
    };
    const [x, w] = [
      tf.randomNormal([16, 32], 0, 1, "float32", 1),
      tf.randomNormal([32, 8], 0, 0.1, "float32", 2),
    ];
    const half = compile(f, { precision: "bfloat16" });
    const [value, grad] = half(x, w) as [T, T];
    const [exactValue, exactGrad] = f(x, w) as [T, T];
    assert.equal(grad.dtype, "float32");
    assertClose(value, exactValue, 0.01);
    assertClose(grad, exactGrad, 0.01);
    assert.notDeepEqual(numbers(grad), numbers(exactGrad), "nothing was computed in bfloat16");
    half.dispose();
  });
});

describe("without TensorFlow", () => {
  test("functions run as they are, with the same ownership", async () => {
    await startEngine({ backend: "cpu" });
    try {
      const x = tf.tensor1d([1, 2]);
      const before = tf.memory().numTensors;
      const f = compile((a: { x: T }, by: number) => ({ same: a.x, y: a.x.mul(by).add(1) }), { donate: [0] });
      const result = f({ x }, 3);
      assert.ok(x.isDisposed);
      assert.deepEqual(numbers(result.same), [1, 2]);
      assert.deepEqual(numbers(result.y), [4, 7]);
      assert.equal(tf.memory().numTensors, before + 1);
      assert.equal(f.signatures().length, 0);
      tf.dispose(result);
    } finally {
      await startEngine({ backend: "tensorflow" });
    }
  });
});

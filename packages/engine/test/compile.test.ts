import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";

before(async () => {
  await startEngine({ backend: "tensorflow" });
});

type T = tf.Tensor;

const numbers = (tensor: T) => Array.from(tensor.dataSync() as Float32Array);

function assertClose(actual: T, expected: T, tolerance = 1e-5) {
  assert.deepEqual(actual.shape, expected.shape);
  const [a, b] = [numbers(actual), numbers(expected)];
  a.forEach((value, i) => {
    assert.ok(Math.abs(value - b[i]!) <= tolerance, `element ${i}: ${value}, expected ${b[i]}`);
  });
}

/** Runs a test and checks that it leaves no tensor behind. */
const clean = (name: string, body: () => void) =>
  test(name, () => {
    const before = tf.memory().numTensors;
    tf.tidy(body);
    assert.equal(tf.memory().numTensors, before, "tensors are left over");
  });

describe("signatures", () => {
  clean("one program per structure, shape, dtype and static leaf", () => {
    let recordings = 0;
    const scale = compile((o: { x: T; by: number; names?: string[] }) => {
      recordings++;
      return o.x.mul(o.by);
    });
    const x = tf.tensor1d([1, 2, 3]);
    assert.deepEqual(numbers(scale({ x, by: 2 })), [2, 4, 6]);
    assert.deepEqual(numbers(scale({ by: 2, x: tf.tensor1d([4, 5, 6]) })), [8, 10, 12]);
    assert.equal(recordings, 1);
    assert.deepEqual(numbers(scale({ x, by: 3 })), [3, 6, 9]);
    assert.deepEqual(numbers(scale({ x: tf.tensor1d([1]), by: 3 })), [3]);
    assert.deepEqual(numbers(scale({ x: tf.tensor1d([1], "int32"), by: 3 })), [3]);
    assert.deepEqual(numbers(scale({ x, by: 3, names: ["a"] })), [3, 6, 9]);
    assert.equal(recordings, 5);
    const facts = scale.signatures();
    assert.equal(facts.length, 5);
    assert.equal(facts[0]!.nodes, 1);
    assert.ok(facts.every((fact) => fact.recordMs > 0 && fact.firstRunMs! > 0));
    scale.dispose();
  });

  clean("static leaves of the result come back", () => {
    const f = compile((x: T) => ({ y: x.neg(), list: [x, null, "text"] as const, depth: 3 }));
    const result = f(tf.scalar(2));
    assert.equal(result.depth, 3);
    assert.deepEqual(result.list.slice(1), [null, "text"]);
    assert.deepEqual(numbers(result.y), [-2]);
    f.dispose();
  });

  clean("other objects are refused by their place", () => {
    const f = compile((o: unknown) => tf.scalar(o === null ? 0 : 1));
    assert.throws(() => f({ data: [1, new Float32Array(3)] }), /argument 0\.data\.1 is a Float32Array/);
    assert.throws(() => f({ loss: () => 1 }), /argument 0\.loss is a function/);
    const g = compile(() => new Map([["a", tf.scalar(1)]]));
    assert.throws(() => g(), /the result is a Map/);
  });
});

describe("ownership", () => {
  clean("results outlive nothing but the caller's scope", () => {
    const f = compile((x: T) => [x.add(1), x.mul(2)]);
    const x = tf.scalar(3);
    const before = tf.memory().numTensors;
    const kept = tf.tidy(() => f(x)[1]!);
    assert.equal(tf.memory().numTensors, before + 1);
    assert.deepEqual(numbers(kept), [6]);
    f.dispose();
  });

  clean("an argument, one tensor twice, a captured tensor and a constant may be returned", () => {
    const captured = tf.tensor1d([7, 8]);
    const f = compile((x: T) => {
      const y = x.add(1);
      return { x, again: x, y, twice: y, captured, constant: tf.scalar(5), empty: tf.zeros([0, 3]) };
    });
    const x = tf.tensor1d([1, 2]);
    const result = f(x);
    assert.notEqual(result.x, x);
    result.x.dispose();
    assert.deepEqual(numbers(x), [1, 2]);
    assert.deepEqual(numbers(result.again), [1, 2]);
    result.y.dispose();
    assert.deepEqual(numbers(result.twice), [2, 3]);
    assert.deepEqual(numbers(result.captured), [7, 8]);
    assert.deepEqual(numbers(result.constant), [5]);
    assert.deepEqual(result.empty.shape, [0, 3]);
    f.dispose();
  });

  clean("a captured tensor may be disposed after the recording, or while it goes on", () => {
    const [first, second] = [tf.tensor1d([1, 2]).add(1), tf.tensor1d([3, 4]).add(1)];
    const f = compile((x: T) => {
      const y = x.add(first).add(second);
      if (!second.isDisposed) second.dispose();
      return y;
    });
    const x = tf.tensor1d([1, 1]);
    assert.deepEqual(numbers(f(x)), [7, 9]);
    first.dispose();
    assert.deepEqual(numbers(f(x)), [7, 9]);
    f.dispose();
  });

  clean("a captured tf.Variable is read anew at each call", () => {
    const w = tf.variable(tf.scalar(2));
    const f = compile((x: T) => x.mul(w));
    assert.deepEqual(numbers(f(tf.scalar(3))), [6]);
    w.assign(tf.scalar(10));
    assert.deepEqual(numbers(f(tf.scalar(3))), [30]);
    assert.equal(f.signatures().length, 1);
    w.dispose();
    f.dispose();
  });

  clean("values that tfjs holds back get a real handle when a recording uses them first", () => {
    const before = tf.tensor1d([1, 2, 3]);
    const f = compile((x: T) => x.add(before));
    assert.deepEqual(numbers(f(tf.scalar(1))), [2, 3, 4]);
    f.dispose();
    assert.deepEqual(numbers(before.mul(2)), [2, 4, 6]);
  });

  clean("a constant that the function keeps is an ordinary tensor afterwards", () => {
    let table: T | undefined;
    const f = compile((x: T) => {
      table ??= tf.keep(tf.tensor1d([1, 2, 3]));
      return x.add(table);
    });
    assert.deepEqual(numbers(f(tf.scalar(1))), [2, 3, 4]);
    assert.deepEqual(numbers(table!.mul(2)), [2, 4, 6]);
    assert.deepEqual(numbers(f(tf.ones([1, 3]))), [2, 3, 4]);
    table!.dispose();
    f.dispose();
  });

  clean("tensors disposed by the function do not break its graph", () => {
    const f = compile((x: T) => {
      const a = x.add(1);
      const b = a.mul(a);
      a.dispose();
      return b;
    });
    assert.deepEqual(numbers(f(tf.scalar(2))), [9]);
    f.dispose();
  });
});

describe("donation", () => {
  clean("disposes the argument's tensors after the run", () => {
    const step = compile((state: { w: T }, x: T) => ({ w: state.w.add(x) }), { donate: [0] });
    const x = tf.scalar(1);
    let state = { w: tf.scalar(0) as T };
    for (let i = 0; i < 3; i++) {
      const old = state;
      state = step(state, x);
      assert.ok(old.w.isDisposed);
    }
    assert.deepEqual(numbers(state.w), [3]);
    assert.ok(!x.isDisposed);
    step.dispose();
  });

  clean("never when the run failed", () => {
    const pick = compile((x: T, i: T) => x.gather(i), { donate: [0] });
    const x = tf.tensor1d([1, 2]);
    assert.throws(() => pick(x, tf.tensor1d([5], "int32")), /is not in \[0, 2\)/);
    assert.ok(!x.isDisposed);
    pick.dispose();
  });

  clean("refuses a tensor that is donated twice, or used by another argument", () => {
    const add = compile((a: T[], b: T) => b.add(a[0]!), { donate: [0], name: "add" });
    const x = tf.scalar(1);
    assert.throws(() => add([x, x], tf.scalar(2)), /compile\(add\): argument 0 donates a tensor twice/);
    assert.throws(
      () => add([x], x),
      /compile\(add\): argument 1 holds a tensor that another argument donates/,
    );
    assert.ok(!x.isDisposed);
  });
});

describe("gradients and optimizers inside", () => {
  clean("tf.valueAndGrads and tf.variableGrads", () => {
    const loss = (w: T, x: T) => x.matMul(w).tanh().square().mean().asScalar();
    const [w, x] = [tf.randomNormal([3, 2], 0, 1, "float32", 1), tf.randomNormal([4, 3], 0, 1, "float32", 2)];
    const explicit = (w: T, x: T) => {
      const { value, grads } = tf.valueAndGrads((w: T) => loss(w, x))([w]);
      return [value, grads[0]!];
    };
    const f = compile(explicit);
    f(w, x).forEach((tensor, i) => {
      assertClose(tensor, explicit(w, x)[i]!);
    });

    const variable = tf.variable(w, true, "variableGrads.w");
    const implicit = (x: T) => tf.variableGrads(() => loss(variable, x)).grads["variableGrads.w"]!;
    const g = compile(implicit);
    assertClose(g(x), explicit(w, x)[1]!);
    variable.assign(w.mul(2));
    assertClose(g(x), explicit(w.mul(2), x)[1]!);
    variable.dispose();
    f.dispose();
    g.dispose();
  });

  clean("tf.customGrad", () => {
    const clipped = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as T]);
      return { value: (x as T).exp(), gradFunc: (dy, [saved]) => (dy as T).mul(saved!.clipByValue(-1, 1)) };
    });
    const f = compile((x: T) => tf.grad((x: T) => clipped(x).sum())(x));
    assertClose(f(tf.tensor1d([-3, 0.5, 4])), tf.tensor1d([-1, 0.5, 1]));
    f.dispose();
  });

  clean("second derivatives", () => {
    const f = compile((x: T) =>
      tf.grad((x: T) =>
        tf
          .grad((x: T) => x.pow(tf.scalar(3)).sum())(x)
          .sum(),
      )(x),
    );
    assertClose(f(tf.tensor1d([1, 2])), tf.tensor1d([6, 12]));
    f.dispose();
  });

  clean("a gradient taken outside looks into the function", () => {
    const f = compile((x: T) => x.square().sum());
    assertClose(tf.grad((x: T) => f(x))(tf.tensor1d([1, 2])), tf.tensor1d([2, 4]));
    f.dispose();
  });

  clean("compiled functions nest", () => {
    const inner = compile((x: T) => x.square());
    const outer = compile((x: T) => inner(x).add(tf.grad((x: T) => inner(x).sum())(x)));
    assertClose(outer(tf.scalar(3)), tf.scalar(15));
    assert.equal(inner.signatures().length, 0);
    outer.dispose();
  });
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

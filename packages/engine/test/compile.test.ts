import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { nativeCompiler, type SignatureFacts, tf } from "../src";
import { startEngine } from "../src/backend";
import { type CompileOptions, compile } from "../src/compile";
import { assertClose, clean, numbers, type T } from "./compile-support";

before(async () => {
  await startEngine({ backend: "tensorflow" });
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

  clean("tell what runs a form, and why not natively", () => {
    const facts = (f: (x: T) => T, options: CompileOptions) => {
      const compiled = compile(f, options);
      compiled(tf.ones([4, 2]));
      const [{ runsOn, because }] = compiled.signatures() as [SignatureFacts];
      compiled.dispose();
      return { runsOn, because };
    };
    const double = (x: T) => x.mul(2);
    const asked = { runsOn: "tensorflow", because: "TensorFlow was asked for" };
    assert.deepEqual(facts(double, { device: "tensorflow" }), asked);
    if (nativeCompiler() === undefined) return;
    assert.deepEqual(facts(double, { device: "native" }), { runsOn: "native", because: undefined });
    assert.match(facts(double, {}).because!, /too small to be worth it/);
    assert.match(facts((x) => tf.cumsum(x), {}).because!, /it uses Cumsum/);
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

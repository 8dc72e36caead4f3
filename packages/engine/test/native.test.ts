import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { removeNoOps } from "../src/graph/passes/no-ops";
import { record } from "../src/graph/record";
import { NotNative } from "../src/native/not-native";
import { planGraph } from "../src/native/plan/plan-graph";
import { fuse, type Kernel } from "../src/native/schedule/fuse";
import { promoteToGlobal, storedBuffers } from "../src/native/schedule/memory-plan";
import { recompute } from "../src/native/schedule/recompute";
import { asList, assertClose, differentiable, discrete, gradients, inputs, type T } from "./kernel-cases";
import { bfloat16, compare, examples, needsCompiler, numbers } from "./native-support";

type Function = (x: T, y: T, i: T) => T[];

/** All cases and their gradients; the first dimension of their whole numbers makes four examples of them. */
const cases: Record<string, Function> = {
  ...Object.fromEntries(
    Object.entries({ ...differentiable, ...discrete }).map(([name, fn]) => [
      name,
      (x: T, y: T, i: T) => asList(fn(x, y, i)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(differentiable).map(([name, fn]) => [
      `gradient of ${name}`,
      (x: T, y: T, i: T) => gradients(fn, x, y, i),
    ]),
  ),
};

/** Why a function cannot be compiled natively; undefined where it can. */
function refusal(fn: Function): string | undefined {
  return tf.tidy(() => {
    const { graph } = record("case", inputs(), ([x, y, i]) => fn(x!, y!, i!));
    try {
      planGraph(graph, 2, { panel: 16 });
      return undefined;
    } catch (error) {
      if (!(error instanceof NotNative)) throw error;
      return error.message;
    }
  });
}

describe("native programs", needsCompiler, () => {
  before(() => startEngine({ backend: "tensorflow" }));

  test("kernels and their gradients give what TensorFlow gives", () => {
    const known = Object.entries(cases).filter(([, fn]) => refusal(fn) === undefined);
    assert.ok(known.length >= 180, `only ${known.length} of ${Object.keys(cases).length} cases are known`);
    tf.tidy(() => {
      const args = inputs();
      // In one program, as each would cost a start of the C compiler.
      const all = compile((x: T, y: T, i: T) => known.map(([, fn]) => fn(x, y, i)), { device: "native" });
      const results = all(...args);
      for (const [k, [name, fn]] of known.entries()) assertClose(results[k]!, fn(...args), name);
      all.dispose();
    });
  });

  for (const precision of [undefined, "bfloat16"] as const) {
    test(`sizes that fill no vector, no block and no pair, in ${precision ?? "float32"}`, () => {
      tf.tidy(() => {
        // 6 examples of 7 rows; 13, 5 and 33 are in no relation to a vector's length.
        const loss = (ids: T, x: T, w: T, v: T) => {
          const rows = x.mul(ids.toFloat().add(1).reshape([6, 1, 1])).reshape([42, 13]);
          const hidden = rows.matMul(w).reshape([6, 7, 33]);
          const out = hidden
            .mul(hidden.sigmoid())
            .reshape([42, 33])
            .matMul(v, false, true)
            .reshape([6, 7, 5]);
          // Scaled, as otherwise the digits that bfloat16 lacks decide which score is largest.
          const scores = out.matMul(out, false, true).mul(0.01).softmax();
          return scores
            .matMul(out.transpose([0, 1, 2]))
            .square()
            .mean(-1)
            .sum();
        };
        const step = (ids: T, x: T, w: T, v: T) => {
          const { value, grads } = tf.valueAndGrads((w: T, v: T) => loss(ids, x, w, v) as tf.Scalar)([w, v]);
          return [value, ...grads, w.sub(grads[0]!.mul(0.1))];
        };
        compare(
          step,
          [examples(6), numbers([6, 7, 13], 1), numbers([13, 33], 2), numbers([5, 33], 3)],
          precision,
        );
      });
    });
  }

  test("a sigmoid in bfloat16 is right to its last digit, at all sizes of its argument", () => {
    const sizes = Array.from({ length: 250 }, (_, i) => 1.05 ** (i - 90)).map(bfloat16);
    const values = [...sizes, ...sizes.map((x) => -x), 0, Infinity, -Infinity, NaN];
    // Enough for whole vectors, and not.
    for (const columns of [504, 501]) {
      const x = Float32Array.from({ length: 4 * columns }, (_, i) => values[i % values.length]!);
      // The product behind it is what it is rounded for.
      const rounded = compile((_ids: T, x: T, one: T) => tf.sigmoid(x.matMul(one)).matMul(one), {
        device: "native",
        precision: "bfloat16",
      });
      const args = [examples(4), tf.tensor(x, [4, columns, 1]), tf.ones([1, 1])] as const;
      const result = rounded(...args);
      result.dataSync().forEach((y, i) => {
        const exact = 1 / (1 + Math.exp(-x[i]!));
        const near = Number.isNaN(exact) ? Number.isNaN(y) : Math.abs(y - exact) <= exact / 256 + 2e-38;
        assert.ok(near, `sigmoid(${x[i]}) is ${exact}, not ${y}`);
      });
      tf.dispose([result, ...args]);
      rounded.dispose();
    }
  });

  test("transposed reads, whatever of them fills no tile", () => {
    tf.tidy(() => {
      for (const [rows, columns] of [
        [37, 21],
        [16, 40],
        [5, 7],
        [3, 300],
      ] as const) {
        const step = (ids: T, x: T) => {
          const swapped = x.mul(ids.toFloat().reshape([4, 1, 1])).transpose([0, 2, 1]);
          const scale = swapped.square().mean(-1, true).add(1).rsqrt();
          return [swapped, swapped.mul(scale).add(1), swapped.max(-1), swapped.toInt().mul(2)];
        };
        compare(step, [examples(4), numbers([4, rows, columns], 1)]);
      }
    });
  });

  test("what is cheap is computed again by its readers instead of kept in memory", () => {
    const step = (ids: T, gate: T, up: T, w: T) => {
      const scaled = gate.mul(ids.toFloat().reshape([4, 1]));
      const loss = (scaled: T, up: T, w: T) =>
        scaled.mul(scaled.sigmoid()).mul(up).matMul(w).square().sum() as tf.Scalar;
      return tf.valueAndGrads(loss)([scaled, up, w]).grads;
    };
    tf.tidy(() => {
      const args: [T, T, T, T] = [examples(4), numbers([4, 24], 1), numbers([4, 24], 2), numbers([24, 8], 3)];
      compare(step, args);
      const { graph } = record("step", args, ([ids, gate, up, w]) => step(ids!, gate!, up!, w!));
      const kernels = fuse(promoteToGlobal(planGraph(removeNoOps(graph), 2, { panel: 16 })));
      const kept = (kernels: readonly Kernel[]) =>
        [...storedBuffers(kernels)].filter(({ space }) => space.kind === "local").length;
      const [before, after] = [kept(kernels), kept(recompute(kernels))];
      assert.ok(after <= before - 2, `${before} buffers without, ${after} with`);
    });
  });

  test("a chain of sums in which each reads the two before it is planned along one path, not along all", () => {
    tf.tidy(() => {
      const fibonacci = (ids: T, x: T) => {
        let [last, sum] = [x, x.mul(ids.toFloat().reshape([4, 1]))];
        // More than a loop takes, so that later loops look for what they could compute again.
        for (let i = 0; i < 100; i++) [last, sum] = [sum, sum.add(last)];
        return [sum];
      };
      compare(fibonacci, [examples(4), numbers([4, 6], 1)]);
    });
  });

  test("weights with as many rows as there are examples are not mistaken for a batch", () => {
    tf.tidy(() => {
      const step = (ids: T, x: T, w: T) => {
        const { value, grads } = tf.valueAndGrads(
          (w: T) =>
            x
              .mul(ids.toFloat().reshape([8, 1]))
              .matMul(w)
              .matMul(w, false, true)
              .tanh()
              .sum() as tf.Scalar,
        )([w]);
        return [value, grads[0]!, w.add(w.sum(0)).mul(grads[0]!)];
      };
      compare(step, [examples(8), numbers([8, 8], 1), numbers([8, 8], 2)]);
    });
  });

  test("what is computed from sums over the batch is read again by the examples", () => {
    tf.tidy(() => {
      const centred = (ids: T, x: T) => {
        const weighted = x.mul(ids.toFloat().reshape([16, 1]));
        const rest = weighted.sub(weighted.mean(0));
        return [rest, rest.square().sum(0), rest.div(rest.square().mean()).sum(1)];
      };
      compare(centred, [examples(16), numbers([16, 6], 1)]);
    });
  });

  test("sums to which examples add before and after another sum is known stay whole", () => {
    tf.tidy(() => {
      const step = (ids: T, x: T, w: T) => {
        const rows = x.mul(ids.toFloat().reshape([16, 1]));
        const loss = (w: T) => {
          const hidden = rows.matMul(w);
          return hidden
            .square()
            .sum()
            .add(hidden.mul(hidden.mean(0)).tanh().sum()) as tf.Scalar;
        };
        const { value, grads } = tf.valueAndGrads(loss)([w]);
        return [value, grads[0]!];
      };
      compare(step, [examples(16), numbers([16, 6], 1), numbers([6, 5], 2)]);
    });
  });

  test("the same sum over the batch serves two readers", () => {
    tf.tidy(() => {
      const twice = (ids: T, x: T) => {
        const sum = x.mul(ids.toFloat().reshape([16, 1])).sum(0);
        const other = x.sum(0);
        return [sum.add(other), sum, sum.mul(2).concat(sum)];
      };
      compare(twice, [examples(16), numbers([16, 6], 1)]);
    });
  });
});

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import koffi from "koffi";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { passes } from "../src/compile";
import { record } from "../src/graph/record";
import { withMatrixUnit } from "../src/native/amx";
import { programText } from "../src/native/emit/program";
import { amxDepth, amxStride, packedSize } from "../src/native/plan/memory";
import { planGraph } from "../src/native/plan/plan-graph";
import { compileText, toolchain } from "../src/native/toolchain";
import { runNow } from "../src/steps";
import { matrixUnit } from "../src/targets";
import type { T } from "./kernel-cases";
import { compare, examples, needsCompiler, numbers } from "./native-support";

/** The emulated unit runs the programs of a machine that has one; the machine's own unit is tested where there is one. */
const choices = ["emulated", "on"] as const;

/** Why a choice cannot be tested here; undefined where it can. */
function unavailable(choice: (typeof choices)[number]): string | undefined {
  process.env.TFJS_COMPILE_AMX = choice;
  const { used, text } = matrixUnit();
  return used ? undefined : text;
}

const text = `#include "amx.h"
void product(const int64_t *s, const void *a, const void *b, void *packed, void *c, void *scratch) {
  pack_amx(packed, b, s[2], s[1], s[5], s[6]);
  gemm_amx(s[0], s[1], s[2], a, s[3], s[4], packed, c, s[7], s[8], s[9], scratch);
  amx_release();
}`;

type Product = (
  sizes: BigInt64Array,
  a: Uint16Array,
  b: Uint16Array,
  packed: Uint16Array,
  c: Uint8Array,
  scratch: Uint16Array,
) => void;

/** A bfloat16 as float32. */
const asNumber = (bits: number) => new Float32Array(new Uint32Array([bits << 16]).buffer)[0]!;

/** Chance with a seed. */
function createRandom(): (below: number) => number {
  let state = 12345;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** An array with 64 elements behind its end, which nobody may write. */
function guarded(length: number): { array: Uint16Array; check(): void } {
  const array = new Uint16Array(length + 64).fill(0x4242, length);
  return {
    array,
    check: () =>
      assert.ok(
        array.subarray(length).every((x) => x === 0x4242),
        "written past",
      ),
  };
}

/** SwiGLU of 6 examples of 37 rows, whose last tile begins earlier; K of 19 is not in whole steps. */
function swiGlu([ids, x, gate, up, down]: readonly T[]): T[] {
  const rows = x!.mul(ids!.toFloat().add(1).reshape([6, 1, 1])).reshape([222, 19]);
  const [gates, ups] = [rows.matMul(gate!), rows.matMul(up!)];
  return [gates.mul(gates.sigmoid()).mul(ups).matMul(down!) as T];
}

function swiGluArguments(): T[] {
  const [x, gate, up] = [numbers([6, 37, 19], 1), numbers([19, 64], 2), numbers([19, 64], 3)];
  return [examples(6), x, gate, up, numbers([64, 19], 4)] as T[];
}

describe("products on the matrix unit", needsCompiler, () => {
  before(() => startEngine({ backend: "tensorflow", threads: 2 }));

  test("the emulated unit is checked and used", () => {
    assert.equal(unavailable("emulated"), undefined);
    assert.deepEqual(matrixUnit(), { used: true, text: "AMX, emulated" });
  });

  test("the emulated unit is used where the compiler has the unit's own instructions too", (t) => {
    if (process.arch !== "x64") return t.skip("only compilers for x86-64 have them");
    process.env.TFJS_COMPILE_AMX = "emulated";
    const tools = toolchain()!;
    const { because } = runNow(
      withMatrixUnit({ ...tools, flags: [...tools.flags, "-mamx-tile", "-mamx-bf16"] }),
    );
    assert.equal(because, undefined);
  });

  for (const choice of choices) {
    test(`products of any size, transposed or not, are right and repeat bit for bit: ${choice}`, (t) => {
      const reason = unavailable(choice);
      if (reason !== undefined) return t.skip(reason);
      const { tools } = runNow(withMatrixUnit(toolchain()!));
      const path = runNow(compileText(tools, "products", text));
      const run = koffi.load(path).func("product", "void", Array(6).fill("void *")) as unknown as Product;
      const random = createRandom();
      const edges = [1, 2, 15, 16, 17, 31, 32, 33, 36, 48, 64, 97];
      for (let trial = 0; trial < 150; trial++) {
        const size = () => (random(2) === 0 ? edges[random(edges.length)]! : 1 + random(100));
        const [M, N, K] = [size(), size(), size()];
        const [aTransposed, bTransposed, out] = [random(2), random(2), random(3)];
        const ldc = N + random(4);
        const [accumulate, rounds] = [out === 1, out === 2];
        const label = JSON.stringify({ M, N, K, aTransposed, bTransposed, out, ldc });
        const bits = () => (random(2) << 15) | ((120 + random(8)) << 7) | random(128);
        const a = Uint16Array.from({ length: M * K }, bits);
        const b = Uint16Array.from({ length: K * N }, bits);
        const [ams, aks] = aTransposed ? [1, M] : [K, 1];
        const [brs, bcs] = bTransposed ? [1, K] : [N, 1];
        const sizes = BigInt64Array.from(
          [M, N, K, ams, aks, brs, bcs, ldc, +accumulate, +rounds].map(BigInt),
        );
        const copied = aks !== 1 ? M * amxStride(K) : amxDepth(K) === K ? 0 : M * 32;
        const multiply = () => {
          const packed = guarded(packedSize({ panel: 32, amx: true }, "bfloat16", K, N));
          const scratch = guarded(copied);
          const c = new Uint8Array(M * ldc * (rounds ? 2 : 4)).fill(63);
          run(sizes, a, b, packed.array, c, scratch.array);
          packed.check();
          scratch.check();
          return c;
        };
        const c = multiply();
        assert.deepEqual(multiply(), c, `${label} does not repeat`);
        const before = new Float32Array(Uint8Array.of(63, 63, 63, 63).buffer)[0]!;
        const [floats, words] = rounds
          ? [undefined, new Uint16Array(c.buffer)]
          : [new Float32Array(c.buffer)];
        const found = (at: number) => floats?.[at] ?? asNumber(words![at]!);
        const [left, right] = [a, b].map((bits) => Float64Array.from(bits, asNumber)) as [
          Float64Array,
          Float64Array,
        ];
        for (let m = 0; m < M; m++) {
          for (let n = 0; n < ldc; n++) {
            if (n >= N) {
              assert.equal(
                found(m * ldc + n),
                rounds ? asNumber(0x3f3f) : before,
                `${label}: written beside C`,
              );
              continue;
            }
            let [sum, sizes] = accumulate ? [before, before] : [0, 0];
            for (let k = 0; k < K; k++) {
              const term = left[m * ams + k * aks]! * right[k * brs + n * bcs]!;
              sum += term;
              sizes += Math.abs(term);
            }
            const bound = (K + 2) * 2 ** -24 * sizes + (rounds ? 2 ** -8 * Math.abs(sum) : 0);
            const difference = Math.abs(found(m * ldc + n) - sum);
            assert.ok(difference <= bound, `${label}, ${m}, ${n}: ${found(m * ldc + n)}, not ${sum}`);
          }
        }
      }
    });

    test(`a compiled function with products of all kinds, on two threads: ${choice}`, (t) => {
      const reason = unavailable(choice);
      if (reason !== undefined) return t.skip(reason);
      tf.tidy(() => {
        // 6 examples of 36 rows: K of 19, 35 and 36; products for each example; gradients of weights, which sum over the batch.
        const fn = (ids: T, x: T, w: T, v: T) => {
          const loss = (w: T, v: T) => {
            const rows = x.mul(ids.toFloat().add(1).reshape([6, 1, 1])).reshape([216, 19]);
            const y = rows.matMul(w).matMul(v, false, true).reshape([6, 36, 19]);
            return y.matMul(y, false, true).mul(0.001).softmax().matMul(y).square().mean().asScalar();
          };
          return [loss(w, v), ...tf.grads(loss)([w, v])];
        };
        const args = [
          examples(6),
          numbers([6, 36, 19], 1),
          numbers([19, 35], 2),
          numbers([19, 35], 3),
        ] as T[];
        compare(fn as (...args: T[]) => T[], args, "bfloat16");
      });
    });

    test(`a loop that reads the sums of products block by block, on two threads: ${choice}`, (t) => {
      const reason = unavailable(choice);
      if (reason !== undefined) return t.skip(reason);
      tf.tidy(() => compare((...args: T[]) => swiGlu(args), swiGluArguments(), "bfloat16"));
    });
  }

  test("only a loop that reads nothing but sums, which nothing else reads, is joined with their products", () => {
    const calls = (withGradients: boolean) => {
      const step = (args: readonly T[]) => {
        const loss = (...weights: T[]) =>
          swiGlu([args[0]!, args[1]!, ...weights])[0]!
            .sum()
            .asScalar();
        return withGradients ? tf.grads(loss)(args.slice(2)) : swiGlu(args);
      };
      const graph = passes("bfloat16")(record("step", swiGluArguments(), step).graph);
      const target = { panel: 32, amx: true, bfloat16: true };
      const plan = planGraph(graph, 2, target, [0]);
      const { text } = programText(plan, { inputs: 5, results: graph.results.length }, target);
      return [...text.matchAll(/^ .*\b((?:epilogue|product)_\d+x\d+x\d+)/gm)].map(([, name]) => name!);
    };
    tf.tidy(() => {
      assert.deepEqual(calls(false), ["epilogue_37x64x19", "product_37x19x64"]);
      assert.ok(
        calls(true).every((call) => call.startsWith("product")),
        "gates and ups are kept for the gradients",
      );
    });
  });

  test("the unit's own instructions compile, and what the system refuses is told", (t) => {
    const tools = toolchain()!;
    process.env.TFJS_COMPILE_AMX = "on";
    const { used, text } = matrixUnit();
    process.env.TFJS_COMPILE_AMX = "off";
    assert.deepEqual(matrixUnit(), { used: false, text: 'the setting amx is "off"' });
    if (used) return t.skip("this machine has the unit");
    assert.match(text, /AMX/);
    if (process.arch !== "x64" || process.platform !== "linux") return;
    const flags = [...tools.flags, "-DAMX", "-mamx-tile", "-mamx-bf16"];
    const path = runNow(compileText({ ...tools, flags }, "check", '#include "amx-check.c"'));
    const refused = (koffi.load(path).func("check", "int", []) as () => number)();
    assert.ok(refused > 0, `an error of arch_prctl, not ${refused}`);
  });
});

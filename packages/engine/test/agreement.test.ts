import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { type CompileOptions, compile, startEngine, tf } from "../src";
import { record } from "../src/graph/record";
import { NotNative } from "../src/native/not-native";
import { reshaped } from "../src/native/plan/memory";
import { planGraph } from "../src/native/plan/plan-graph";
import { toolchain } from "../src/native/toolchain";
import { asList, assertClose, type T } from "./kernel-cases";
import { needsPlugin } from "./pjrt";
import { type RandomCall, randomCalls, tensorOf } from "./random-calls";
import { operations } from "./random-operations";

type Device = NonNullable<CompileOptions["device"]>;

/** The ways in which a function can be computed here; TensorFlow's kernels, one by one, are right. */
const devices: readonly Device[] = [
  "tensorflow",
  ...(toolchain() === undefined ? [] : ["native" as const]),
  ...(needsPlugin.skip === false ? ["pjrt" as const] : []),
];

/** A call that TensorFlow runs, with its arguments and results. */
interface Judged {
  readonly call: RandomCall;
  readonly args: T[];
  readonly expected: T[];
  readonly isNative: boolean;
}

const typesOf = (tensors: readonly { shape: readonly number[]; dtype: string }[]) =>
  tensors.map(({ shape, dtype }) => `${dtype}[${shape}]`).join(", ");

/** Runs a call in TensorFlow; shape rules must say the same of it. Undefined where both refuse it. */
function judge(call: RandomCall): Judged | undefined {
  const args = call.inputs.map(tensorOf);
  const expected = attempt(() => asList(call.run(...args)));
  const recorded = attempt(() => record("call", args, (standIns) => asList(call.run(...standIns))).graph);
  if (expected instanceof Error && recorded instanceof Error) return undefined;
  if (expected instanceof Error) assert.fail(`${call.text} is recorded, but: ${expected.message}`);
  if (recorded instanceof Error) assert.fail(`${call.text} runs, but: ${recorded.message}`);
  assert.equal(typesOf(recorded.results), typesOf(expected), call.text);
  const plan = attempt(() => planGraph(recorded, 2, { panel: 16 }));
  if (plan instanceof Error && !(plan instanceof NotNative)) throw plan;
  return { call, args, expected, isNative: !(plan instanceof Error) };
}

function attempt<R>(fn: () => R): R | Error {
  try {
    return fn();
  } catch (error) {
    return error as Error;
  }
}

/** All calls in one program, as each costs a start of a compiler. */
function checkOn(device: Device, calls: readonly Judged[]): void {
  const all = compile((args: T[][]) => calls.map(({ call }, i) => asList(call.run(...args[i]!))), { device });
  const results = all(calls.map(({ args }) => args));
  for (const [i, { call, expected }] of calls.entries()) {
    assertClose(results[i]!, expected, `${call.text} on ${device}`);
  }
  all.dispose();
}

/** Calls of each kind. */
const callsOfOne = 5;
const seed = 20_251_126;

describe("shape rules, StableHLO, native programs and TensorFlow agree", () => {
  before(async () => {
    await startEngine({ backend: "tensorflow" });
  });

  test("random calls give the same, or all refuse them", () => {
    const property = fc.property(randomCalls(Object.values(operations), callsOfOne), (calls) => {
      tf.tidy(() => {
        const judged = calls.map(judge);
        const run = judged.filter((call) => call !== undefined);
        const native = run.filter(({ isNative }) => isNative);
        assert.ok(run.length < judged.length, "no call was refused");
        assert.ok(
          native.length > judged.length / 2,
          `only ${native.length} of ${judged.length} calls are native`,
        );
        for (const device of devices) checkOn(device, device === "native" ? native : run);
      });
    });
    const { failed, errorInstance, counterexamplePath } = fc.check(property, {
      unbiased: true,
      seed,
      numRuns: 1,
      endOnFailure: true,
    });
    const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    assert.ok(!failed, `${message}\n(seed ${seed}, path "${counterexamplePath}")`);
  });

  test("a view is not reshaped to another number of elements", () => {
    const layout = { shape: [2, 3], strides: [3, 1] };
    assert.deepEqual(reshaped(layout, [6])?.strides, [1]);
    for (const shape of [[4], [2, 2], [12], []])
      assert.throws(() => reshaped(layout, shape), /cannot have the shape/);
  });

  /** Two operations that read rows by indices, and the shape in which they take two of these. */
  const readers: Record<string, { shape: number[]; read: (x: T, i: T) => T }> = {
    gather: { shape: [2], read: (x, i) => tf.gather(x, i) },
    gatherND: { shape: [2, 1], read: (x, i) => tf.gatherND(x, i) },
  };

  test("an index that is outside of its table is refused, or marks what a device reads", () => {
    tf.tidy(() => {
      const table = tf.range(0, 8).reshape([4, 2]);
      const refused = /not in \[0, [34][)\]]|does not index|outside of the table/;
      for (const [name, { shape, read }] of Object.entries(readers)) {
        const wrong = () => tf.tensor([0, 4], shape, "int32");
        // One that is computed is seen when it is read, one that is known while recording.
        const computed = (x: T, i: T) => read(x, i.neg().neg());
        const known = (x: T) => read(x, wrong());
        assert.throws(() => computed(table, wrong()).dataSync(), refused, name);
        assert.throws(() => known(table).dataSync(), refused, name);
        for (const device of devices) {
          const compiled = compile(computed, { device, name });
          const result = attempt(() => Array.from(compiled(table, wrong()).dataSync()));
          if (device === "pjrt") assert.deepEqual(result, [0, 1, Number.NaN, Number.NaN], name);
          else if (!(result instanceof NotNative))
            assert.match(String(result), refused, `${name} on ${device}`);
          compiled.dispose();
          const withKnown = compile(known, { device, name });
          assert.throws(() => withKnown(table), refused, `${name} on ${device}`);
          withKnown.dispose();
        }
      }
    });
  });
});

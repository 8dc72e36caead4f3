import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { passes } from "../src/compile";
import { record } from "../src/graph/record";
import { programText } from "../src/native/emit/program";
import { planGraph } from "../src/native/plan/plan-graph";
import { storeAsFloat32 } from "../src/native/schedule/bfloat16";
import { flags, runCompiler, runtime, zigBesideTensorFlow } from "../src/native/toolchain";
import { runNow } from "../src/steps";

type Args = [weights: tf.Tensor2D[], x: tf.Tensor3D, labels: tf.Tensor1D];

/** A training step of attention, SwiGLU and RMSNorm, of sizes that leave a rest everywhere. */
function trainStep(weights: tf.Tensor2D[], x: tf.Tensor3D, labels: tf.Tensor1D): tf.Tensor[] {
  const [batch, length, width] = x.shape;
  const linear = (x: tf.Tensor, w: tf.Tensor) =>
    x.reshape([-1, w.shape[0]!]).matMul(w).reshape([batch, length, -1]);
  const { value, grads } = tf.valueAndGrads((...[q, k, up, gate, down, head]: tf.Tensor[]) => {
    const mixed = linear(x, q!).matMul(linear(x, k!), false, true).div(3).softmax().matMul(x);
    const hidden = x.add(mixed);
    const normed = hidden.mul(hidden.square().mean(-1, true).add(1e-5).rsqrt());
    const gated = linear(normed, gate!);
    const y = normed.add(linear(gated.mul(gated.sigmoid()).mul(linear(normed, up!)), down!));
    const target = tf.oneHot(labels, 5).cast("float32");
    return y
      .reshape([batch, length * width])
      .matMul(head!)
      .logSoftmax()
      .mul(target)
      .sum(-1)
      .mean()
      .neg()
      .asScalar();
  })(weights);
  return [value, ...weights.map((w, i) => w.sub(grads[i]!.mul(0.5)))];
}

function exampleArgs(): Args {
  const numbers = <S extends number[]>(shape: S, seed: number) =>
    tf.randomNormal(shape, 0, 0.3, "float32", seed);
  const shapes = [
    [19, 19],
    [19, 19],
    [19, 43],
    [19, 43],
    [43, 19],
    [7 * 19, 5],
  ];
  const weights = shapes.map((shape, i) => numbers(shape, i + 1) as tf.Tensor2D);
  const labels = tf.tensor1d(Int32Array.from({ length: 12 }, (_, i) => i % 5));
  return [weights, numbers([12, 7, 19], 9) as tf.Tensor3D, labels];
}

const zig = zigBesideTensorFlow();
const emulator = "qemu-aarch64";
/** The C library of arm64, from the package libc6-arm64-cross. */
const library = "/usr/aarch64-linux-gnu";
const skip =
  (process.platform !== "linux" && "the emulator of another processor needs Linux") ||
  (zig === undefined && "ziglang is not installed beside TensorFlow") ||
  (spawnSync(emulator, ["--version"]).status !== 0 && "qemu-user is not installed") ||
  (!existsSync(library) && "libc6-arm64-cross is not installed");

/** `PANEL` of `native/simd.h` on arm64. */
const target = { panel: 8 };

type Bytes = Int32Array | Float32Array | Uint8Array;

/** Reads inputs and constants from stdin, runs the program, and writes its results to stdout. */
const mainText = (read: readonly number[], written: readonly number[], order: readonly number[]) => `
#include <stdio.h>
int main(void) {
  static const size_t read[] = {${read.join(", ")}}, written[] = {${written.join(", ")}};
  static const int order[] = {${order.join(", ")}};
  void *in[${read.length}], *out[${written.length}], *A[${read.length + written.length}];
  for (int i = 0; i < ${read.length}; i++)
    if (!(in[i] = allocate(read[i])) || fread(in[i], 1, read[i], stdin) != read[i]) return 10;
  for (int i = 0; i < ${written.length}; i++)
    if (!(out[i] = allocate(written[i]))) return 11;
  for (int i = 0; i < ${order.length}; i++) A[i] = order[i] < 0 ? out[-1 - order[i]] : in[order[i]];
  if (run(A)) return 12;
  for (int i = 0; i < ${written.length}; i++) fwrite(out[i], 1, written[i], stdout);
  free_program();
  return 0;
}
`;

/** The training step as a program for arm64. */
function runOnArm64(precision: "float32" | "bfloat16", args: Args): Float32Array[] {
  const tensors = [...args[0], args[1], args[2]];
  const recording = record("trainStep", tensors, (standIns) =>
    trainStep(standIns.slice(0, -2) as tf.Tensor2D[], ...(standIns.slice(-2) as [tf.Tensor3D, tf.Tensor1D])),
  );
  const graph = passes(precision)(recording.graph);
  assert.equal(graph.captured.length, 0);
  const plan = planGraph(graph, 2, target, [tensors.length - 2, tensors.length - 1]);
  storeAsFloat32(plan);
  const counts = { inputs: tensors.length, results: graph.results.length };
  const sizes = graph.results.map(({ shape }) => 4 * shape.reduce((product, size) => product * size, 1));
  const data: Bytes[] = [
    ...tensors.map((t) => t.dataSync() as Bytes),
    ...plan.constants.map(({ data }) => data as Bytes),
  ];
  const order = [
    ...tensors.keys(),
    ...sizes.map((_, i) => -1 - i),
    ...plan.constants.map((_, i) => counts.inputs + i),
  ];
  const text =
    programText(plan, counts, target).text +
    mainText(
      data.map(({ byteLength }) => byteLength),
      sizes,
      order,
    );

  const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-arm64-"));
  try {
    const [source, program] = [join(folder, "step.c"), join(folder, "step")];
    writeFileSync(source, text);
    const arm64 = ["cc", "-target", "aarch64-linux-gnu", "-pthread", ...flags, "-I", runtime];
    const compiled = runNow(runCompiler(zig!, [...arm64, source, "-o", program, "-lm"], ""));
    assert.equal(compiled.status, 0, compiled.stderr);
    const input = Buffer.concat(
      data.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
    );
    const { status, stdout, stderr } = spawnSync(emulator, ["-cpu", "max", "-L", library, program], {
      input,
      maxBuffer: 1e8,
    });
    assert.equal(status, 0, `${stderr}`);
    const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size));
    return ends.map(
      (end, i) => new Float32Array(Uint8Array.from(stdout.subarray(end - sizes[i]!, end)).buffer),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("programs run on arm64, on two threads, in float32 and bfloat16", { skip }, async () => {
  await startEngine({ backend: "tensorflow", threads: 1 });
  const args = exampleArgs();
  const expected = trainStep(...args).map((tensor) => tensor.dataSync() as Float32Array);
  for (const [precision, tolerance] of [
    ["float32", 1e-5],
    ["bfloat16", 0.02],
  ] as const) {
    const found = runOnArm64(precision, args);
    assert.equal(found.length, expected.length);
    found.forEach((values, i) => {
      const largest = Math.max(1, ...expected[i]!.map(Math.abs));
      values.forEach((value, j) => {
        const difference = Math.abs(value - expected[i]![j]!);
        assert.ok(
          difference <= tolerance * largest,
          `${precision}, result ${i}[${j}]: ${value}, not ${expected[i]![j]}`,
        );
      });
    });
  }
});

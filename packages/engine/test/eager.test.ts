import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import { tf } from "../src";
import { eagerEngine, startEngine } from "../src/backend";
import { AttrType, DataType } from "../src/datatypes";

before(() => startEngine({ backend: "tensorflow" }));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** The engine's own parts, below tfjs. */
function engine() {
  const running = eagerEngine();
  assert.ok(running);
  return running;
}

test("every data type of tfjs goes in and comes out unchanged", async () => {
  // Identity makes a tensor that exists in TensorFlow only.
  const roundTrip = async (x: tf.Tensor) => await tf.clone(x.reshape([2, 1])).data();
  assert.deepEqual(await roundTrip(tf.tensor1d([1.5, -2])), Float32Array.of(1.5, -2));
  assert.deepEqual(await roundTrip(tf.tensor1d([2 ** 31 - 1, -7], "int32")), Int32Array.of(2 ** 31 - 1, -7));
  assert.deepEqual(await roundTrip(tf.tensor1d([true, false], "bool")), Uint8Array.of(1, 0));
  assert.deepEqual(await roundTrip(tf.complex([1, 2], [3, 4])), Float32Array.of(1, 3, 2, 4));
  const strings = ["", "Größe 数独 ".repeat(100)];
  assert.deepEqual(await roundTrip(tf.tensor1d(strings)), strings);
});

test("empty tensors and scalars work", () => {
  assert.deepEqual(tf.zeros([0, 3]).add(1).shape, [0, 3]);
  assert.equal(
    tf
      .concat([tf.zeros([0, 3]), tf.ones([2, 3])])
      .sum()
      .arraySync(),
    6,
  );
  assert.equal(tf.scalar(3).square().arraySync(), 9);
  assert.equal(tf.tensor([], [0], "string").size, 0);
});

test("an op that gives int64 gives tfjs int32", () => {
  const { binding } = engine();
  const x = binding.createTensor([3], DataType.float32, Float32Array.of(0, 2, 1));
  const where = binding.executeOp(
    "Where",
    [{ name: "T", type: AttrType.type, value: DataType.float32 }],
    [x],
    1,
  );
  assert.equal(where[0]?.dtype, DataType.int32);
  assert.deepEqual(binding.tensorDataSync(where[0]?.id ?? 0), Int32Array.of(1, 2));
  const wide = binding.createTensor([2], DataType.int64, Int32Array.of(5, 0, -1, -1));
  assert.deepEqual(binding.tensorDataSync(wide), Int32Array.of(5, -1));
  for (const id of [x, wide, where[0]?.id ?? 0]) binding.deleteTensor(id);
});

test("round keeps whole numbers, which TensorFlow 2.21 turns to zeros", () => {
  assert.deepEqual(tf.round(tf.tensor1d([-3, 10], "int32")).arraySync(), [-3, 10]);
});

test("TensorFlow's errors name the op and its inputs", () => {
  const { binding } = engine();
  const id = binding.createTensor([2, 3], DataType.float32, new Float32Array(6));
  const text = binding.createTensor([], DataType.string, [new Uint8Array(2)]);
  const type = { name: "T", type: AttrType.type, value: DataType.float32 };
  assert.throws(() => binding.executeOp("MatMul", [type], [id, id], 1), {
    name: "TensorFlowError",
    message: /^MatMul\(float32\[2,3\], float32\[2,3\]\): invalid argument: .*incompatible/,
  });
  assert.throws(
    () => binding.executeOp("AddV2", [type], [id, text], 1),
    /^TensorFlowError: AddV2\(.*string\[\]\)/,
  );
  assert.throws(
    () => binding.executeOp("AddV2", [type], [id], 1),
    /^TensorFlowError: AddV2\(float32\[2,3\]\)/,
  );
  assert.throws(() => binding.executeOp("NoSuchOp", [], [id], 1), /^TensorFlowError: NoSuchOp/);
  assert.throws(
    () => binding.executeOp("AddV2", [{ ...type, value: undefined as never }], [id, id], 1),
    /^Error: AddV2\(.*\): the attribute T cannot be undefined/,
  );
  assert.throws(() => binding.executeOp("AddV2", [{ ...type, type: 77 }], [id, id], 1), /attribute type 77/);
  // After all that, the op still works.
  const [sum] = binding.executeOp("AddV2", [type], [id, id], 1);
  for (const done of [id, text, sum?.id ?? 0]) binding.deleteTensor(done);
});

test("a disposed tensor is an error, not a crash", () => {
  const { binding } = engine();
  const x = tf.ones([2]).add(1);
  x.dispose();
  assert.throws(() => x.add(1), /disposed/);
  const id = binding.createTensor([1], DataType.float32, new Float32Array(1));
  binding.deleteTensor(id);
  assert.throws(() => binding.executeOp("Neg", [], [id], 1), /disposed/);
  assert.throws(() => binding.tensorDataSync(id), /disposed/);
  assert.throws(() => binding.deleteTensor(id), /disposed/);
  assert.throws(() => binding.tensorDataSync(-1), /Tensor -1 .*does not exist/);
});

test("values that do not fit the shape or the data type are an error, not a crash", () => {
  const { binding } = engine();
  const create = binding.createTensor;
  assert.throws(() => create([3], DataType.float32, new Float32Array(2)), /float32\[3\].*8 bytes .* 12/);
  assert.throws(() => create([-1], DataType.float32, new Float32Array(1)), /not negative/);
  assert.throws(() => create([0.5], DataType.float32, new Float32Array(1)), /whole number/);
  assert.throws(() => create([1], DataType.string, new Float32Array(1)), /UTF-8 bytes/);
  assert.throws(() => create([2], DataType.string, [new Uint8Array(1)]), /got 1 strings/);
  assert.throws(() => create([1], DataType.float32, [new Uint8Array(1)]), /typed array/);
  assert.throws(() => create([1], DataType.resource, new Float32Array(1)), /resource cannot be made/);
  assert.throws(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3])), /^TensorFlowError: BatchMatMulV2/);
});

test("tf.memory() counts what TensorFlow holds, and disposing frees it", () => {
  const memory = () => tf.memory() as tf.MemoryInfo & { numNativeTensors: number; numNativeBytes: number };
  const start = memory();
  const x = tf.tidy(() => tf.ones([1000, 256]).add(1));
  assert.equal(memory().numNativeTensors, start.numNativeTensors + 1);
  assert.equal(memory().numNativeBytes, start.numNativeBytes + 1000 * 256 * 4);
  assert.equal(memory().unreliable, false);
  x.dispose();
  assert.deepEqual(memory(), start);
});

test("the process does not grow when tensors come and go, long strings included", () => {
  const megabytes = () => process.memoryUsage().rss / 2 ** 20;
  const long = "x".repeat(2 ** 20);
  const turn = () =>
    tf.tidy(() => {
      tf.ones([512, 512]).add(1).dataSync();
      // 8 MB of strings: 30 turns that leak them would be 240 MB.
      tf.tensor1d(Array(8).fill(long)).reshape([2, 4]).dataSync();
      assert.throws(() => engine().binding.executeOp("MatMul", [], [], 1));
    });
  for (let i = 0; i < 10; i++) turn();
  const before = megabytes();
  for (let i = 0; i < 30; i++) turn();
  assert.ok(megabytes() - before < 100, `grew by ${Math.round(megabytes() - before)} MB`);
});

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  encodeSafetensors,
  readSafetensors,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from "../../src/files";
import { temporaryFolder } from "./support";

const written = join(__dirname, "../../../../lib/test/fixtures/safetensors/every-dtype.safetensors");

/** A file with this header text and `dataBytes` zero bytes after it. */
function fileWith(header: string | Buffer, dataBytes = 0, sayHeaderBytes?: bigint): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(sayHeaderBytes ?? BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}

function entry(begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = "F32"): string {
  return JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
}

test("reads every dtype that the Python library writes", () => {
  const { tensors, metadata } = readSafetensors(written);
  assert.deepEqual(metadata, { "written by": "safetensors for Python" });
  for (const dtype of ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"]) {
    const whole = dtype.startsWith("int");
    assert.equal(tensors[dtype].dtype, dtype);
    assert.deepEqual(tensors[dtype].shape, [2, 3]);
    assert.deepEqual([...toFloat32(tensors[dtype])], [0, 1, -2, 3, whole ? 0 : 0.5, 100], dtype);
  }
  assert.deepEqual([...tensors.uint8.data], [0, 1, 2, 3, 0, 100]);
  assert.deepEqual([...tensors.bool.data], [0, 1, 1, 1, 1, 1]);
  assert.deepEqual(tensors.scalar, { dtype: "float32", shape: [], data: new Float32Array([2.5]) });
  assert.deepEqual(tensors.empty, { dtype: "float32", shape: [0, 4], data: new Float32Array(0) });
});

test("what is written reads back the same, from a path and from bytes, raw patterns included", () => {
  const folder = temporaryFolder();
  const path = join(folder, "copy.safetensors");
  const original = readSafetensors(written);
  writeSafetensors(path, original.tensors, original.metadata);
  assert.deepEqual(readSafetensors(path), original);
  assert.deepEqual(readSafetensors(readFileSync(path)), original);
  assert.deepEqual(readdirSync(folder), ["copy.safetensors"], "no temporary file is left");
  const headerBytes = Number(readFileSync(path).readBigUInt64LE());
  assert.equal(headerBytes % 8, 0, "data starts aligned");
});

test("bytes at an odd position in a buffer are read correctly", () => {
  const file = readFileSync(written);
  const shifted = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
  assert.deepEqual(readSafetensors(shifted), readSafetensors(file));
});

test("a tensor may have any name, even one that means something to JavaScript", () => {
  const tensor: StoredTensor = { dtype: "uint8", shape: [1], data: new Uint8Array([7]) };
  const names = Object.fromEntries(["__proto__", "constructor", "1", "ä\n"].map((name) => [name, tensor]));
  const { tensors } = readSafetensors(Buffer.concat(encodeSafetensors(names)));
  assert.deepEqual(Object.keys(tensors).sort(), Object.keys(names).sort());
  assert.equal(Object.getPrototypeOf(tensors), Object.prototype);
});

test("a tensor that does not fit its description is not written", () => {
  const encode = (tensor: unknown) => () => encodeSafetensors({ w: tensor as StoredTensor });
  assert.throws(
    encode({ dtype: "float32", shape: [3], data: new Float32Array(2) }),
    /"w" has shape \[3\] but 2/,
  );
  assert.throws(
    encode({ dtype: "float32", shape: [2], data: new Float64Array(2) }),
    /"w".*must be a Float32Array/,
  );
  assert.throws(
    encode({ dtype: "float8", shape: [2], data: new Uint8Array(2) }),
    /"w" has the unknown dtype/,
  );
});

const hostile: [string, Buffer, RegExp][] = [
  ["an empty file", Buffer.alloc(0), /too short/],
  ["a header that is not all there", fileWith("{}", 0, 90n), /says it has 90 bytes; the file has 2/],
  ["a header length of 2^63", fileWith("{}", 0, 2n ** 63n), /says it has/],
  ["no JSON", fileWith("{oops"), /header: this is not JSON/],
  ["no object", fileWith("[]"), /must be a JSON object/],
  ["bytes that are not UTF-8", fileWith(Buffer.from([0x7b, 0xff, 0x7d])), /not UTF-8/],
  ["a name given twice", fileWith(`{"a":${entry(0, 4)},"\\u0061":${entry(4, 8)}}`, 8), /"a" is given twice/],
  ["a key given twice", fileWith('{"a":{"dtype":"F32","dtype":"F64"}}'), /"dtype" is given twice/],
  [
    "an unknown dtype",
    fileWith(`{"a":${entry(0, 4, [4], "F8_E4M3")}}`, 4),
    /"a".*"F8_E4M3" is not supported/,
  ],
  [
    "a dtype that is an object's own word",
    fileWith(`{"a":${entry(0, 4, [4], "toString")}}`, 4),
    /not supported/,
  ],
  ["a negative size", fileWith(`{"a":${entry(0, 4, [-1])}}`, 4), /"a".*invalid dimension: -1/],
  ["a fractional size", fileWith(`{"a":${entry(0, 4, [0.5, 2])}}`, 4), /"a".*invalid dimension: 0.5/],
  ["a shape beyond counting", fileWith(`{"a":${entry(0, 4, [2 ** 40, 2 ** 40])}}`, 4), /"a".*more elements/],
  ["a shape that needs other bytes", fileWith(`{"a":${entry(0, 4, [2])}}`, 4), /need 8 bytes.*gives 4/],
  ["offsets past the end", fileWith(`{"a":${entry(0, 400)}}`, 4), /need 400 bytes of data.*holds 4/],
  ["negative offsets", fileWith(`{"a":${entry(-4, 0)}}`, 4), /two byte positions/],
  ["overlapping tensors", fileWith(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12), /"b".*overlaps/],
  ["a hole", fileWith(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12), /"b".*hole/],
  ["bytes after the last tensor", fileWith(`{"a":${entry(0, 4)}}`, 5), /need 4 bytes of data.*holds 5/],
  ["metadata that is not text", fileWith('{"__metadata__":{"a":1}}'), /__metadata__ must map/],
];

for (const [what, bytes, message] of hostile) {
  test(`refuses ${what}`, () => assert.throws(() => readSafetensors(bytes), message));
}

test("errors name the file", () => {
  const path = join(temporaryFolder(), "bad.safetensors");
  writeFileSync(path, fileWith("[]"));
  assert.throws(() => readSafetensors(path), /bad\.safetensors, header/);
  assert.throws(() => readSafetensors(tmpdir()), /this is not a file/);
});

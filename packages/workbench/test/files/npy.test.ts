import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openNpy, readNpy, toFloat32, toInt32, writeNpy, writeNpyRows } from "../../src/files";
import { temporaryFolder } from "./support";

/** Written by NumPy 2.4. */
const fixture = (name: string) => join(__dirname, "../../../../lib/test/fixtures/npy", `${name}.npy`);
const temporaryFile = () => join(temporaryFolder(), "array.npy");

test("reads what NumPy writes", () => {
  assert.deepEqual(readNpy(fixture("int64")), {
    dtype: "int64",
    shape: [2, 3],
    data: BigInt64Array.of(-2n, -1n, 0n, 1n, 2n, 3n),
  });
  assert.deepEqual([...toInt32(readNpy(fixture("int64")))], [-2, -1, 0, 1, 2, 3]);
  assert.deepEqual(readNpy(fixture("bool")), { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) });
  assert.deepEqual(readNpy(fixture("scalar-float64")), {
    dtype: "float64",
    shape: [],
    data: Float64Array.of(2.5),
  });
  assert.deepEqual(readNpy(fixture("empty-uint8")).shape, [0, 81]);
  assert.deepEqual(
    toFloat32(readNpy(fixture("float16"))),
    Float32Array.of(1, -0.5, 65504, Number.POSITIVE_INFINITY, 2 ** -24),
  );
  for (const version of [2, 3]) {
    assert.deepEqual(readNpy(fixture(`version${version}`)).data, Int32Array.of(0, 1, 2));
  }
});

test("Fortran order comes out row-major", () => {
  const { shape, data } = readNpy(fixture("fortran-float32"));
  assert.deepEqual(shape, [2, 3, 4]);
  assert.deepEqual(
    [...data].map(Number),
    Array.from({ length: 24 }, (_, i) => i),
  );
});

test("writes the same bytes as NumPy", () => {
  for (const name of ["int64", "bool", "scalar-float64", "empty-uint8", "float16"]) {
    const path = temporaryFile();
    writeNpy(path, readNpy(fixture(name)));
    assert.deepEqual(readFileSync(path), readFileSync(fixture(name)), name);
  }
});

test("rows are read one range at a time, without the rest of the file", () => {
  const path = temporaryFile();
  const rows = 10_000;
  function* pieces() {
    for (let row = 0; row < rows; row++) yield new Int32Array(1000).fill(row);
  }
  writeNpyRows(path, "int32", [rows, 1000], pieces());
  const before = process.memoryUsage();
  const file = openNpy(path);
  assert.deepEqual([file.shape, file.rowLength], [[rows, 1000], 1000]);
  for (const row of [0, 7_777, rows - 1]) {
    const two = file.read(row, Math.min(row + 2, rows));
    assert.equal(two[0], row);
    assert.equal(two.at(-1), Math.min(row + 1, rows - 1));
  }
  const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
  assert.ok(grown < 1e6, `40 MB on disk took ${grown} bytes`);
  assert.throws(() => file.read(5, rows + 1), /rows 5 to 10001 are asked for, it has 10000/);
  assert.throws(() => file.read(-1, 1), RangeError);
  file.close();
});

test("rows that are not as many as the shape says are not written", () => {
  const path = temporaryFile();
  assert.throws(
    () => writeNpyRows(path, "uint8", [2, 2], [Uint8Array.of(1, 2, 3)]),
    /needs 4 elements, 3 were/,
  );
  assert.throws(() => writeNpyRows(path, "uint8", [2], [Int32Array.of(1, 2)]), /must be a Uint8Array/);
  assert.throws(
    () => writeNpy(path, { dtype: "bfloat16", shape: [1], data: Uint16Array.of(1) }),
    /no type for/,
  );
  assert.deepEqual(readdirSync(join(path, "..")), []);
});

/** A version 1 file with this header text and data. */
function fileWith(header: string, dataBytes = 0, sayHeaderBytes = header.length): Buffer {
  const start = Buffer.from("\x93NUMPY\x01\0\0\0", "latin1");
  start.writeUInt16LE(sayHeaderBytes, 8);
  return Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.alloc(dataBytes)]);
}
const dictionary = (shape: string, descr = "<i4") =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;

const hostile: [string, string | Buffer, RegExp][] = [
  ["an empty file", Buffer.alloc(0), /buffer, header: this is not a \.npy file/],
  ["another format", Buffer.from("PK\x03\x04 and so on"), /not a \.npy file/],
  ["version 9", Buffer.from("\x93NUMPY\x09\0\0\0\0\0", "latin1"), /unknown \.npy version 9/],
  ["a header that is not all there", fileWith(dictionary("(1,)"), 0, 5000), /says it has 5000 bytes/],
  ["no dict", fileWith("import os; os.system('true')"), /not a Python dict/],
  [
    "a dict NumPy does not write",
    fileWith("{'descr': __import__('os')}"),
    /not as NumPy writes it, at "'descr'/,
  ],
  ["a key given twice", fileWith(`{'shape': (1,), 'shape': (2,), }`), /shape is given twice/],
  ["no shape", fileWith(`{'descr': '<i4', 'fortran_order': False}`), /shape must be/],
  ["strings", fixture("strings"), /strings\.npy, header: descr '<U1' is not a number type/],
  ["records", fixture("records"), /records\.npy, header: it is not as NumPy writes it/],
  ["big-endian numbers", fixture("big-endian"), /descr '>i4' is not a number type/],
  ["pickled objects", fileWith(dictionary("(1,)", "|O"), 8), /descr '\|O' is not/],
  [
    "too little data",
    fileWith(dictionary("(3,)"), 8),
    /shape \(3\) of int32 needs 12 bytes, but the file has 8/,
  ],
  ["too much data", fileWith(dictionary("(3,)"), 16), /needs 12 bytes, but the file has 16/],
  ["a shape beyond counting", fileWith(dictionary("(99999999999, 99999999999)")), /more elements than any/],
  ["a shape of endless digits", fileWith(dictionary(`(${"9".repeat(400)},)`)), /invalid dimension: Infinity/],
];
for (const [what, file, message] of hostile) {
  test(`refuses ${what}`, () => assert.throws(() => readNpy(file), message));
}

test("rows of Fortran order are refused with what to do", () => {
  assert.throws(() => openNpy(fixture("fortran-float32")), /fortran-float32\.npy.*ascontiguousarray/);
});

test("a value that does not fit 32 bits is named", () => {
  const path = temporaryFile();
  writeNpy(path, { dtype: "int64", shape: [2], data: BigInt64Array.of(1n, 2n ** 40n) });
  assert.throws(() => toInt32(readNpy(path)), /element 1 is 1099511627776/);
  writeFileSync(path, "");
  assert.throws(() => openNpy(path), /array\.npy, header: this is not a \.npy file/);
});

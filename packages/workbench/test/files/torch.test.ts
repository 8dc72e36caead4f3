import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTorch, type StoredTensor, toFloat32, withPrefix, writeTorch } from "../../src/files";
import { encodeZip } from "../../src/files/zip";
import { temporaryFolder } from "./support";

/** Written by PyTorch 2.13. */
const fixture = (name: string) => join(__dirname, "../../../../lib/test/fixtures/torch", name);
const values = (tensor: StoredTensor) => [...toFloat32(tensor)];

test("a state dictionary as the official code saves it", () => {
  const weights = readTorch(fixture("state_dict"));
  assert.deepEqual(
    Object.keys(weights),
    ["H_init", "weight", "steps"].map((name) => `_orig_mod.model.inner.${name}`),
  );
  assert.deepEqual(weights["_orig_mod.model.inner.weight"], {
    dtype: "float32",
    shape: [2, 3],
    data: Float32Array.of(0, 1, 2, 3, 4, 5),
  });
  assert.equal(weights["_orig_mod.model.inner.H_init"].dtype, "bfloat16");
  assert.deepEqual(values(weights["_orig_mod.model.inner.H_init"]), [1.5, -2, 0.25]);
  assert.deepEqual(weights["_orig_mod.model.inner.steps"], {
    dtype: "int64",
    shape: [],
    data: BigInt64Array.of(7n),
  });
});

for (const name of ["views.pt", "views-legacy.pt"]) {
  test(`every dtype, shared storages and strides: ${name}`, () => {
    const tensors = readTorch(fixture(name));
    const expected: Record<string, [string, number[], number[]]> = {
      whole: ["float32", [3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
      transposed: ["float32", [4, 3], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]],
      column: ["float32", [3], [1, 5, 9]],
      row: ["float32", [4], [8, 9, 10, 11]],
      part: ["float32", [2, 2], [6, 7, 10, 11]],
      half: ["float16", [2], [0.5, 65504]],
      double: ["float64", [1], [Number.POSITIVE_INFINITY]],
      short: ["int16", [1], [-3]],
      char: ["int8", [1], [-3]],
      byte: ["uint8", [1], [250]],
      int: ["int32", [1], [-70000]],
      flag: ["bool", [2], [1, 0]],
      empty: ["float32", [0, 5], []],
      scalar: ["float32", [], [2.5]],
      parameter: ["float32", [2], [1, 1]],
      expanded: ["float32", [3], [1, 1, 1]],
    };
    const found = Object.entries(tensors).map(([key, t]) => [key, [t.dtype, [...t.shape], values(t)]]);
    assert.deepEqual(Object.fromEntries(found), expected);
    assert.equal(tensors.double.data[0], 1e300);
    assert.equal(tensors.row.data.buffer, tensors.whole.data.buffer, "one storage is in memory once");
  });
}

test("tensors of nested dicts, other pickle protocols, values that are no tensors", () => {
  const names = Object.keys(readTorch(fixture("nested-protocol4.pt")));
  assert.deepEqual(
    names,
    ["H_init", "weight", "steps"].map((name) => `model._orig_mod.model.inner.${name}`),
  );
});

test("nothing in a pickle is executed", () => {
  assert.throws(
    () => readTorch(fixture("executes-code.pt")),
    /executes-code\.pt, entry "executes-code\/data\.pkl", byte \d+: the pickle asks for "posix system".*Nothing was run/,
  );
  assert.throws(() => readTorch(fixture("whole-module.pt")), /"torch\.nn\.modules\.linear Linear"/);
});

test("what is written reads back the same, and the same tensors give the same bytes", () => {
  const folder = temporaryFolder();
  const tensors = readTorch(fixture("views.pt"));
  for (const name of ["a.pt", "b.pt"]) writeTorch(join(folder, name), tensors);
  assert.deepEqual(readTorch(join(folder, "a.pt")), tensors);
  assert.deepEqual(readFileSync(join(folder, "a.pt")), readFileSync(join(folder, "b.pt")));
  const float8 = { dtype: "uint16", shape: [1], data: Uint16Array.of(1) } as const;
  assert.throws(() => writeTorch(join(folder, "c.pt"), { w: float8 }), /"w": no PyTorch storage for uint16/);
});

test("a prefix goes before every name", () => {
  assert.deepEqual(withPrefix({ a: 1 }, "_orig_mod.model."), { "_orig_mod.model.a": 1 });
});

/** A zip checkpoint around this pickle, with one storage "0" of eight zero bytes. */
function checkpoint(pickle: string): string {
  const path = join(temporaryFolder(), "made.pt");
  const files: [string, Uint8Array][] = [
    ["x/data.pkl", Buffer.from(pickle, "latin1")],
    ["x/data/0", new Uint8Array(8)],
  ];
  writeFileSync(path, Buffer.concat([...encodeZip(files)]));
  return path;
}
const byte = (value: number) => `K${String.fromCharCode(value)}`;
const word = (value: string) => `U${String.fromCharCode(value.length)}${value}`;
const storage = (elements: number) =>
  `(${word("storage")}ctorch\nFloatStorage\n${word("0")}${word("cpu")}${byte(elements)}tQ`;
const tensor = (offset: number, shape: string, strides: string, elements = 2) =>
  `}${word("w")}ctorch._utils\n_rebuild_tensor\n(${storage(elements)}${byte(offset)}${shape}${strides}tRs.`;

test("the checkpoint made by hand is one", () => {
  assert.deepEqual(readTorch(checkpoint(tensor(0, `(${byte(2)}t`, `(${byte(1)}t`))).w.shape, [2]);
});

test("a NumPy scalar and a Namespace beside the tensors are skipped", () => {
  const pickle = tensor(0, `(${byte(2)}t`, `(${byte(1)}t`).slice(0, -1);
  const scalar = `${word("loss")}cnumpy._core.multiarray\nscalar\n(${word("f8")}C\x01xtR`;
  const args = `${word("args")}cargparse\nNamespace\n)\x81}${word("lr")}K\x01sb`;
  assert.deepEqual(Object.keys(readTorch(checkpoint(`${pickle}${scalar}s${args}s.`))), ["w"]);
  assert.throws(
    () => readTorch(checkpoint(`${pickle}${word("x")}cos\nsystem\n(${word("true")}tRs.`)),
    /asks for "os system", which has no place in a checkpoint\. Nothing was run\. Save the weights alone/,
  );
});

const million = `(${"J\x40\x42\x0f\0".repeat(2)}t`;
const hostile: [string, string, RegExp][] = [
  [
    "a tensor outside its storage",
    tensor(1, `(${byte(2)}t`, `(${byte(1)}t`),
    /made\.pt, tensor "w": it reaches to/,
  ],
  ["a tensor that starts outside", tensor(3, `(${byte(0)}t`, `(${byte(1)}t`), /tensor "w": it reaches to/],
  [
    "one element repeated a million million times",
    tensor(0, million, `(${byte(0).repeat(2)}t`),
    /far larger than the file/,
  ],
  ["a negative stride", tensor(0, `(${byte(2)}t`, "(J\xff\xff\xff\xfft"), /invalid dimension: -1/],
  ["more strides than sizes", tensor(0, `(${byte(2)}t`, "(t"), /shape and strides do not match/],
  [
    "a storage of another size",
    tensor(0, `(${byte(2)}t`, `(${byte(1)}t`, 9),
    /data\/0": needs 36 bytes and has 8/,
  ],
  [
    "a storage that is not there",
    tensor(0, "(t", "(t").replace(word("0"), word("7")),
    /there is no x\/data\/7/,
  ],
  [
    "a call of a value that cannot be called",
    "ctorch\nFloatStorage\n)R.",
    /byte \d+: the pickle calls a value that cannot be called/,
  ],
  ["no state dictionary", "K\x05.", /holds no state dictionary/],
  ["values taken from an empty stack", "RRR.", /byte 0: the pickle takes a value that is not there/],
  ["a memo that was never filled", "h\x07.", /repeats value 7/],
  ["an end without a beginning", "t.", /ends a list that it did not begin/],
  ["a pickle that does not end", "}", /bytes 1 to 2 are needed, but the file has 1/],
  ["a text longer than the file", "X\xff\xff\xff\x7f", /are needed, but the file has 5 bytes/],
  ["an unknown opcode", "}\x01.", /byte 1: opcode 0x1 is unknown/],
  ["a million dicts", "}".repeat(1_000_001), /more than 1000000 steps/],
  ["a dict that holds itself", `}q\0${word("a")}h\0s.`, /nested without end/],
  ["a name without end", `c${"a".repeat(1000)}`, /name of over 200 characters/],
];
for (const [what, pickle, message] of hostile) {
  test(`refuses ${what}`, () => assert.throws(() => readTorch(checkpoint(pickle)), message));
}

test("a damaged archive is refused, naming the entry", () => {
  const bytes = readFileSync(fixture("linear.pt"));
  const cut = bytes.subarray(0, bytes.length - 30);
  const compressed = Buffer.from(bytes);
  compressed[bytes.indexOf("PK\x01\x02") + 10] = 8;
  assert.throws(() => readTorch(cut), /the end of the zip archive is missing; the file was cut short/);
  assert.throws(() => readTorch(compressed), /entry "linear\/data\.pkl": it is compressed/);
  assert.throws(
    () => readTorch(Buffer.from("no checkpoint at all")),
    /buffer, byte 0: opcode 0x6e is unknown/,
  );
  const data = readFileSync(checkpoint(tensor(0, "(t", "(t")));
  data[data.indexOf("PK\x01\x02") - 1] ^= 1;
  assert.throws(() => readTorch(data), /entry "x\/data\/0".*do not fit their checksum/);
});

const python = process.env.TRM_TORCH_PYTHON ?? "";
const withTorch = { skip: existsSync(python) ? false : "set TRM_TORCH_PYTHON to a Python that has PyTorch" };

test("PyTorch loads what is written, weights only, memory-mapped or not", withTorch, () => {
  const path = join(temporaryFolder(), "written.pt");
  writeTorch(path, { ...readTorch(fixture("views.pt")), ...readTorch(fixture("state_dict")) });
  const script = `
import sys, torch
from collections import OrderedDict
expected = {**torch.load(sys.argv[2]), **torch.load(sys.argv[3])}
for mmap in (False, True):
    found = torch.load(sys.argv[1], weights_only=True, mmap=mmap)
    assert type(found) is OrderedDict and list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape, name
        assert torch.equal(found[name], tensor), name
model = torch.nn.Linear(2, 1)
print("loaded", len(found))`;
  const run = spawnSync(python, ["-c", script, path, fixture("views.pt"), fixture("state_dict")], {
    encoding: "utf8",
  });
  assert.equal(run.stdout.trim(), "loaded 19", run.stderr);
});

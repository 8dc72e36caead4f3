import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDataset, readFolderExtras, readSudokuCsv } from "../../src/data";
import { encodeSafetensors, readNpy, readSafetensors, readTorch, type StoredTensor } from "../../src/files";
import { openBytes } from "../../src/files/bytes";
import { encodeZip, readZip } from "../../src/files/zip";
import { fuzz } from "./fuzz";
import { temporaryFolder } from "./support";

const fixtures = join(__dirname, "../../../../lib/test/fixtures");
const samplesIn = (folder: string, names: RegExp) =>
  readdirSync(join(fixtures, folder))
    .filter((name) => names.test(name))
    .map((name) => readFileSync(join(fixtures, folder, name)));

/** Some file systems wait for the disk when a file is overwritten, but not when it is new. */
function writeAnew(path: string, bytes: Buffer): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
}

/** What was read is no more than the file can hold, and each tensor is what it says. */
function assertModest(tensors: Record<string, StoredTensor>, file: Buffer): void {
  const buffers = new Set(Object.values(tensors).map(({ data }) => data.buffer));
  const total = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(total <= 8 * file.length + 2e6, `${total} bytes from a file of ${file.length}`);
  for (const { shape, data } of Object.values(tensors)) {
    assert.equal(
      data.length,
      shape.reduce((product, size) => product * size, 1),
    );
  }
}

test("safetensors: 10,000 injured files", () => {
  const one: StoredTensor = { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) };
  const small = Buffer.concat(encodeSafetensors({ a: one, b: { ...one, shape: [1, 2] } }, { note: "x" }));
  return fuzz("safetensors", "buffer", [...samplesIn("safetensors", /./), small], (bytes) =>
    assertModest(readSafetensors(bytes).tensors, bytes),
  );
});

test("npy: 10,000 injured files", () =>
  fuzz("npy", "buffer", samplesIn("npy", /./), (bytes) => assertModest({ array: readNpy(bytes) }, bytes)));

test("PyTorch checkpoints, zip and legacy: 10,000 injured files", () =>
  fuzz("torch", "buffer", samplesIn("torch", /./), (bytes) => assertModest(readTorch(bytes), bytes)));

test("pickles inside sound archives: 10,000 injured ones", () => {
  // With a right checksum around it, the injured pickle reaches the interpreter.
  const archives = samplesIn("torch", /^(views|linear|nested-protocol4)\.pt$|^state_dict$/);
  const files = new Map<string, Uint8Array>();
  const pickles = archives.map((bytes) => {
    const entries = [...readZip(openBytes(bytes))].map(
      ([name, entry]) => [name, Buffer.from(entry.readAll())] as const,
    );
    for (const [name, data] of entries) files.set(name.slice(name.indexOf("/")), data);
    return entries.find(([name]) => name.endsWith("data.pkl"))![1];
  });
  return fuzz("pickle", "buffer", pickles, (pickle) => {
    const parts = [...files].map(
      ([name, data]) => [`x${name}`, name === "/data.pkl" ? pickle : data] as const,
    );
    const file = Buffer.concat([...encodeZip(parts)]);
    assertModest(readTorch(file), file);
  });
});

test("dataset.json: 10,000 injured files", () => {
  const folder = join(temporaryFolder(), "sudoku");
  cpSync(join(fixtures, "official-datasets/sudoku"), folder, { recursive: true });
  const path = join(folder, "train/dataset.json");
  return fuzz("dataset.json", join(folder, "train"), [readFileSync(path)], (bytes) => {
    writeAnew(path, bytes);
    for (const dataset of openDataset(folder, "train")) {
      try {
        dataset.inputs.subarray(0, dataset.seqLen);
      } finally {
        dataset.close();
      }
    }
  });
});

test("test_puzzles.json: 10,000 injured files", () => {
  const folder = temporaryFolder();
  const task = { test: [{ input: [[1, 2]], output: [[3]] }], train: [{ input: [[0]], output: [[9, 9]] }] };
  const sample = Buffer.from(JSON.stringify({ "007bbfb7": task, "00d62c1b": task }));
  return fuzz("test_puzzles.json", "test_puzzles.json", [sample], (bytes) => {
    writeAnew(join(folder, "test_puzzles.json"), bytes);
    readFolderExtras(folder);
  });
});

test("puzzle CSV: 10,000 injured files", () => {
  const path = join(temporaryFolder(), "puzzles.csv");
  const sample = Buffer.from(
    `source,question,answer,rating\n"quoted ""s""",12..34122341412.,1234341223414123,1.5\n`,
  );
  return fuzz("csv", path, [sample], async (bytes) => {
    writeAnew(path, bytes);
    await readSudokuCsv(path, { box: [2, 2] });
  });
});

test("a quote that is never closed ends the reading early", async () => {
  const path = join(temporaryFolder(), "puzzles.csv");
  writeFileSync(path, `source,question,answer,rating\n"${"a\n".repeat(500_000)}`);
  await assert.rejects(readSudokuCsv(path), /puzzles\.csv: Max Record Size: .*100000 at line/);
});

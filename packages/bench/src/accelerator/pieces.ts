/** A run's checkpoint and metrics as a few small files, for machines that give back only those. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { hostSchema, latestCheckpoint, readCheckpoint, writeCheckpoint } from "trm-workbench/checkpoints";
import {
  type ElementType,
  elementTypes,
  encodeBfloat16,
  encodeSafetensors,
  parseJsonAs,
  readSafetensors,
  type StoredTensor,
  toFloat32,
  writeFileAtomic,
} from "trm-workbench/files";
import { z } from "zod";

/** Bytes of a piece, and of all pieces together. */
export interface PieceLimits {
  readonly piece: number;
  readonly all: number;
}

const standard: PieceLimits = { piece: 15e6, all: 60e6 };

/** Files of a run that its checkpoint does not hold. Its configuration names files of the machine, so each machine writes its own. */
const RECORDS = ["steps.csv", "steps.jsonl", "evaluations.csv", "evaluations.jsonl"];

const NAME = /^checkpoint-(\d+)-of-(\d+)\.piece$/;

const contentSchema = z.object({
  host: hostSchema,
  about: z.unknown(),
  /** Tensors that start empty again. */
  carry: z.record(z.string(), z.object({ dtype: z.custom<ElementType>(), shape: z.array(z.int()) })),
  records: z.record(z.string(), z.string()),
});

/**
 * Writes the newest checkpoint of a run as `checkpoint-1-of-4.piece`, … and removes older pieces. Weights and their average keep
 * float32. The carry, which is larger than all else, is left out: puzzles under way are dropped. Moments become bfloat16 if
 * nothing less fits.
 * @returns what was left out, for people; undefined if the run has no checkpoint
 * @throws Error if even that does not fit
 */
export function writePieces(run: string, folder: string, limits = standard): string | undefined {
  const path = latestCheckpoint(join(run, "checkpoints"));
  if (path === undefined) return undefined;
  const { step, host, about, tensors } = readCheckpoint(path);
  const entries = Object.entries(tensors());
  const isCarry = ([name]: [string, StoredTensor]) => name.startsWith("carry.");
  const kept = entries.filter((entry) => !isCarry(entry));
  const content: z.infer<typeof contentSchema> = {
    host,
    about,
    carry: Object.fromEntries(
      entries.filter(isCarry).map(([name, { dtype, shape }]) => [name, { dtype, shape: [...shape] }]),
    ),
    records: Object.fromEntries(
      RECORDS.filter((name) => existsSync(join(run, name))).map((name) => [
        name,
        readFileSync(join(run, name), "utf8"),
      ]),
    ),
  };
  const pack = (tensors: [string, StoredTensor][]) =>
    gzipSync(
      Buffer.concat(encodeSafetensors(Object.fromEntries(tensors), { content: JSON.stringify(content) })),
      { level: 1 },
    );
  const whole = pack(kept);
  const isSmall = whole.length <= limits.all;
  const bytes = isSmall ? whole : pack(kept.map(([name, tensor]) => [name, shortMoments(name, tensor)]));
  if (bytes.length > limits.all) {
    throw new Error(
      `the checkpoint of step ${step} takes ${bytes.length} bytes in pieces; ${limits.all} are allowed`,
    );
  }
  const count = Math.ceil(bytes.length / limits.piece);
  for (let i = 0; i < count; i++) {
    const part = bytes.subarray(i * limits.piece, (i + 1) * limits.piece);
    writeFileAtomic(join(folder, `checkpoint-${i + 1}-of-${count}.piece`), part);
  }
  for (const name of piecesIn(folder)) {
    if (Number(NAME.exec(name)![2]) !== count) rmSync(join(folder, name));
  }
  return (
    `Checkpoint of step ${step} in ${count} pieces, ${(bytes.length / 1e6).toFixed(1)} MB: weights and average in float32, ` +
    `moments in ${isSmall ? "float32" : "bfloat16"}, without the carry (puzzles under way begin anew).`
  );
}

/**
 * Makes a run of the pieces in a folder, unless the run has a checkpoint already.
 * @returns false if there was nothing to do
 * @throws Error naming the piece that is missing, or the folder whose pieces are damaged
 */
export function joinPieces(folder: string, run: string): boolean {
  const names = piecesIn(folder);
  if (names.length === 0 || latestCheckpoint(join(run, "checkpoints")) !== undefined) return false;
  const count = Number(NAME.exec(names[0])![2]);
  const parts = Array.from({ length: count }, (_, i) => {
    const file = join(folder, `checkpoint-${i + 1}-of-${count}.piece`);
    if (!existsSync(file)) throw new Error(`${file} is missing: copy all ${count} pieces of one checkpoint`);
    return readFileSync(file);
  });
  const { tensors, metadata } = readWhole(folder, parts);
  const content = parseJsonAs(metadata.content ?? "", `the pieces in ${folder}`, contentSchema);
  for (const [name, tensor] of Object.entries(tensors)) {
    tensors[name] =
      tensor.dtype === "bfloat16" ? { ...tensor, dtype: "float32", data: toFloat32(tensor) } : tensor;
  }
  for (const [name, { dtype, shape }] of Object.entries(content.carry)) {
    const { array } = elementTypes[dtype];
    const data = new array(shape.reduce((size, dimension) => size * dimension, 1));
    // Every row has halted: the first step fills them all.
    if (name === "carry.halted") (data as Uint8Array).fill(1);
    tensors[name] = { dtype, shape, data };
  }
  for (const [name, text] of Object.entries(content.records)) {
    if (RECORDS.includes(name)) writeFileAtomic(join(run, name), text);
  }
  writeCheckpoint(join(run, "checkpoints"), tensors, content.host, { about: content.about, keep: 1 });
  return true;
}

function readWhole(folder: string, parts: readonly Uint8Array[]) {
  try {
    return readSafetensors(gunzipSync(Buffer.concat(parts)));
  } catch (error) {
    throw new Error(
      `the pieces in ${folder} are damaged, or not all of one checkpoint: ${(error as Error).message}`,
    );
  }
}

const piecesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => NAME.test(name)) : [];

function shortMoments(name: string, tensor: StoredTensor): StoredTensor {
  if (!name.startsWith("optimizer.") || tensor.dtype !== "float32") return tensor;
  return {
    ...tensor,
    dtype: "bfloat16",
    data: Uint16Array.from(tensor.data as Float32Array, encodeBfloat16),
  };
}

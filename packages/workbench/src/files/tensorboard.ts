import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

// No package that is kept up writes these files, and scalars need little: records of TFRecord, each an Event message.
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto

/** Writes scalars where TensorBoard finds them. */
export interface EventFile {
  readonly path: string;
  /** Adds named numbers for a step; NaN is left out. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  close(): void;
}

/**
 * Starts an event file in a folder. A run that goes on starts another one, which makes TensorBoard drop what earlier files
 * have from `step` on.
 * @param step the first step that will be written
 * @example
 * const events = openEventFile("runs/first/tensorboard", 1);
 * events.scalars(1, { "train/loss": 2.1 });
 * events.close();
 */
export function openEventFile(folder: string, step: number): EventFile {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `events.out.tfevents.${Date.now()}.${hostname()}.${process.pid}`);
  const file = openSync(path, "ax");
  const write = (event: Uint8Array) => writeSync(file, record(event));
  write(event([lengthDelimited(3, Buffer.from("brain.Event:2"))]));
  const started = lengthDelimited(7, varintField(1, 1));
  write(event([varintField(2, step), started]));
  return {
    path,
    scalars(step, values) {
      const summaries = Object.entries(values)
        .filter(([, value]) => !Number.isNaN(value))
        .map(([tag, value]) =>
          lengthDelimited(1, Buffer.concat([lengthDelimited(1, Buffer.from(tag)), floatField(2, value)])),
        );
      if (summaries.length === 0) return;
      write(event([varintField(2, step), lengthDelimited(5, Buffer.concat(summaries))]));
    },
    close: () => closeSync(file),
  };
}

/** An Event: wall_time 1, step 2, file_version 3, summary 5 (Value 1: tag 1, simple_value 2), session_log 7. */
function event(fields: readonly Uint8Array[]): Buffer {
  const wallTime = Buffer.alloc(9);
  wallTime[0] = (1 << 3) | 1;
  wallTime.writeDoubleLE(Date.now() / 1000, 1);
  return Buffer.concat([wallTime, ...fields]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const varintField = (field: number, value: number): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);

const lengthDelimited = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = (field << 3) | 5;
  bytes.writeFloatLE(value, 1);
  return bytes;
}

/** A TFRecord: length, its checksum, data, its checksum. */
function record(data: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedChecksum(length), data, maskedChecksum(data)]);
}

function maskedChecksum(data: Uint8Array): Buffer {
  const checksum = crc32c(data);
  const bytes = Buffer.alloc(4);
  // TFRecord rotates and shifts checksums, so that records holding checksums keep theirs strong.
  bytes.writeUInt32LE((((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0);
  return bytes;
}

/** CRC-32C (Castagnoli), which zlib does not have. */
function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

import { writeFileAtomic } from "./atomic";
import { type ByteSource, withBytes } from "./bytes";
import { decodeUtf8, parseJson } from "./json";
import {
  bytesOf,
  checkTensor,
  elementCount,
  elementsOf,
  elementTypeNamed,
  elementTypes,
  type StoredTensor,
} from "./tensor";

// No package is kept up for this format in JavaScript, and the format is small:
// 8 bytes with the header's length, the header (JSON: name -> dtype, shape, byte range), then all data without holes.
// https://github.com/huggingface/safetensors#format

/** The content of a safetensors file. Tensors are in the order of their data. */
export interface SafetensorsFile {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
}

/** The reference implementation's limit; a longer header is a damaged or hostile file. */
const maxHeaderBytes = 100_000_000;

/**
 * Reads a safetensors file.
 *
 * @param source a path, or the file's bytes.
 * @returns every tensor with its own copy of the data. float16 and bfloat16 stay bit patterns: decode with `toFloat32`.
 * @throws Error naming the file and the tensor if anything in the header does not fit the file exactly.
 * @example
 * writeSafetensors("initial.safetensors", { "inner.H_init": { dtype: "float32", shape: [2], data: new Float32Array(2) } });
 * const { tensors } = readSafetensors("initial.safetensors");
 * tensors["inner.H_init"]; // { dtype: "float32", shape: [2], data: Float32Array(2) }
 */
export function readSafetensors(source: string | Uint8Array): SafetensorsFile {
  return withBytes(source, (file) => {
    const { entries, metadata, dataStart } = readHeader(file);
    const tensors = entries.map(({ name, dtype, shape, begin, end }): [string, StoredTensor] => {
      const data = elementsOf(dtype, file.read(dataStart + begin, end - begin));
      return [name, { dtype, shape, data }];
    });
    // fromEntries, so that a tensor called "__proto__" is only a name.
    return { tensors: Object.fromEntries(tensors), metadata };
  });
}

/**
 * Writes a safetensors file, atomically. Tensors keep their order; the same tensors always give the same bytes.
 * @throws Error naming the tensor whose data does not fit its shape or dtype.
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** The chunks of a safetensors file, in order; tensor data is not copied. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, tensor]): [string, unknown] => {
    if (name === "__metadata__")
      throw new Error('no tensor can be called "__metadata__" in a safetensors file');
    checkTensor(name, tensor);
    const begin = offset;
    offset += tensor.data.byteLength;
    const dtype = elementTypes[tensor.dtype].safetensors;
    return [name, { dtype, shape: tensor.shape, data_offsets: [begin, offset] }];
  });
  if (Object.keys(metadata).length) entries.unshift(["__metadata__", metadata]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  // Spaces up to a multiple of 8, so that a reader can map the data into memory.
  const header = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return [length, header, ...Object.values(tensors).map(({ data }) => bytesOf(data))];
}

interface HeaderEntry extends Omit<StoredTensor, "data"> {
  name: string;
  begin: number;
  end: number;
}

function readHeader(file: ByteSource): {
  entries: HeaderEntry[];
  metadata: Record<string, string>;
  dataStart: number;
} {
  const length = new DataView(file.read(0, Math.min(8, file.size)).buffer);
  if (length.byteLength < 8)
    throw new Error(`${file.name}: too short for a safetensors file (${file.size} bytes)`);
  const headerBytes = Number(length.getBigUint64(0, true));
  if (headerBytes > Math.min(maxHeaderBytes, file.size - 8)) {
    throw new Error(
      `${file.name}: the header says it has ${headerBytes} bytes; the file has ${file.size - 8} after it, ` +
        `and ${maxHeaderBytes} is the most allowed. It is damaged or no safetensors file`,
    );
  }
  const where = `${file.name}, header`;
  const header = parseJson(decodeUtf8(file.read(8, headerBytes), where), where);
  if (!isRecord(header)) throw new Error(`${where}: it must be a JSON object of tensors`);
  const { __metadata__: metadata = {}, ...described } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw new Error(`${where}: __metadata__ must map names to texts`);
  }
  const dataStart = 8 + headerBytes;
  const entries = Object.entries(described).map(([name, entry]) => readEntry(name, entry, where));
  checkRanges(entries, file.size - dataStart, where);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

function readEntry(name: string, entry: unknown, where: string): HeaderEntry {
  const fail = (problem: string) => new Error(`${where}, tensor "${name.slice(0, 200)}": ${problem}`);
  if (!isRecord(entry)) throw fail("its description must be an object");
  const { dtype: code, shape, data_offsets: range } = entry;
  if (typeof code !== "string") throw fail("it has no dtype");
  const dtype = elementTypeNamed("safetensors", code);
  if (!dtype) throw fail(`the dtype "${code.slice(0, 40)}" is not supported`);
  if (!Array.isArray(shape)) throw fail("shape must be a list of sizes");
  if (
    !Array.isArray(range) ||
    range.length !== 2 ||
    !range.every((at) => Number.isSafeInteger(at) && at >= 0)
  ) {
    throw fail("data_offsets must be two byte positions");
  }
  let count: number;
  try {
    count = elementCount(shape);
  } catch (error) {
    throw fail((error as Error).message);
  }
  const [begin, end] = range as [number, number];
  const needed = count * elementTypes[dtype].bytes;
  if (end - begin !== needed) {
    throw fail(`its shape and dtype need ${needed} bytes, but data_offsets gives ${end - begin}`);
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

/** The data must be covered from start to end, each byte once; `entries` end up in that order. */
function checkRanges(entries: HeaderEntry[], dataBytes: number, where: string): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const problem = begin < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      throw new Error(
        `${where}, tensor "${name.slice(0, 200)}": its data ${problem} (byte ${begin}, not ${covered})`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new Error(`${where}: its tensors need ${covered} bytes of data, but the file holds ${dataBytes}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

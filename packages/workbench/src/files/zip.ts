import { crc32 } from "node:zlib";
import { type ByteSource, partOf } from "./bytes";

// PyTorch keeps its tensors in zip archives without compression, so each is a byte range that can be read alone, aligned
// and maybe beyond 4 GiB. The zip packages inflate whole archives in memory or write neither alignment nor zip64.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

/** The files of an archive by name, each readable by ranges, in the order of the directory. */
export type ZipEntries = ReadonlyMap<string, ZipEntry>;

export interface ZipEntry extends ByteSource {
  /** All bytes. @throws Error naming the entry if they are not those that its checksum was made of. */
  readAll(): Uint8Array;
}

const localHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const endRecord = 0x06054b50;
const zip64EndRecord = 0x06064b50;
const zip64Locator = 0x07064b50;

/** True if the file begins like a zip archive. */
export function isZip(file: ByteSource): boolean {
  return file.size >= 4 && view(file.read(0, 4)).getUint32(0, true) === localHeader;
}

/**
 * Reads the directory of an archive whose entries are stored without compression (zip64 included).
 * @throws Error naming the file and the entry if it is damaged, compressed or encrypted, or entries overlap.
 */
export function readZip(file: ByteSource): ZipEntries {
  const { entries, offset, size } = findDirectory(file);
  const directory = Buffer.from(file.read(offset, size).buffer);
  const found = new Map<string, ZipEntry>();
  let storedBytes = 0;
  for (let at = 0, i = 0; i < entries; i++) {
    const header = directory.subarray(at);
    if (header.length < 46 || header.readUInt32LE(0) !== directoryHeader) {
      throw new Error(`${file.name}: entry ${i} of the zip directory is damaged`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => header.readUInt16LE(field));
    const name = header.toString("utf8", 46, 46 + nameBytes);
    const where = `${file.name}, entry "${name.slice(0, 200)}"`;
    if (found.has(name)) throw new Error(`${where}: it is there twice`);
    if (header.readUInt16LE(8) & 1 || header.readUInt16LE(10) !== 0) {
      throw new Error(`${where}: it is compressed or encrypted; PyTorch stores its files as they are`);
    }
    const extra = header.subarray(46 + nameBytes, 46 + nameBytes + extraBytes);
    const fields = withZip64(
      [24, 20, 42].map((field) => header.readUInt32LE(field)),
      extra,
    );
    const [bytes, stored, localOffset] = fields;
    if (bytes !== stored) throw new Error(`${where}: it has two sizes, ${bytes} and ${stored}`);
    // Otherwise a small file could name the same bytes a thousand times and fill the memory.
    storedBytes += bytes;
    if (storedBytes > file.size) throw new Error(`${where}: the entries are larger than the file together`);
    found.set(name, openEntry(file, where, localOffset, bytes, header.readUInt32LE(16)));
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return found;
}

function openEntry(
  file: ByteSource,
  where: string,
  localOffset: number,
  bytes: number,
  crc: number,
): ZipEntry {
  const local = view(file.read(localOffset, 30));
  if (local.getUint32(0, true) !== localHeader)
    throw new Error(`${where}: it is not where the directory says`);
  // The local header's own name and padding may differ in length from the directory's.
  const start = localOffset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const part = partOf(file, where, start, bytes);
  const readAll = () => {
    const all = part.read(0, bytes);
    if (crc32(all) !== crc)
      throw new Error(`${where}: its bytes do not fit their checksum; the file is damaged`);
    return all;
  };
  return { ...part, readAll };
}

/** The end record is the last thing in the file but for a comment of up to 64 KiB. */
function findDirectory(file: ByteSource): { entries: number; offset: number; size: number } {
  const tailStart = Math.max(0, file.size - 22 - 0xffff);
  const tail = Buffer.from(file.read(tailStart, file.size - tailStart).buffer);
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(endRecord);
  const end = tail.length < 22 ? -1 : tail.lastIndexOf(signature, tail.length - 22);
  if (end < 0) throw new Error(`${file.name}: the end of the zip archive is missing; the file was cut short`);
  const small = { entries: tail.readUInt16LE(end + 10), size: tail.readUInt32LE(end + 12) };
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== zip64Locator) {
    return { ...small, offset: tail.readUInt32LE(end + 16) };
  }
  const record = view(file.read(Number(tail.readBigUInt64LE(locator + 8)), 56));
  if (record.getUint32(0, true) !== zip64EndRecord)
    throw new Error(`${file.name}: its zip64 record is damaged`);
  const [entries, size, offset] = [32, 40, 48].map((field) => Number(record.getBigUint64(field, true)));
  return { entries, size, offset };
}

/** A field of all ones has its real value in the extra field 1, in this order. */
function withZip64(fields: number[], extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return fields.map((value) => {
      if (value !== 0xffffffff || next + 8 > extra.length) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  return fields;
}

/**
 * An archive as PyTorch writes it, in pieces: stored, each file's data at a multiple of 64 bytes, zip64 everywhere.
 * @param files name and bytes, in order.
 */
export function* encodeZip(files: Iterable<readonly [string, Uint8Array]>): Generator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of files) {
    const { local, entry } = headersFor(name, data, offset);
    directory.push(entry);
    offset += local.length + data.byteLength;
    yield local;
    yield data;
  }
  yield* directory;
  yield ending(directory, offset);
}

function headersFor(name: string, data: Uint8Array, offset: number): { local: Buffer; entry: Buffer } {
  const nameBytes = Buffer.from(name);
  const sizes = Buffer.alloc(28);
  sizes.writeUInt16LE(1, 0);
  sizes.writeUInt16LE(24, 2);
  [data.byteLength, data.byteLength, offset].forEach((value, i) => {
    sizes.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  });
  // Sizes always go to the zip64 field: one way to write, that holds for any size.
  const unpadded = offset + 30 + nameBytes.length + 20 + 4;
  const padding = Buffer.alloc(4 + ((64 - (unpadded % 64)) % 64), "Z");
  padding.write("FB");
  padding.writeUInt16LE(padding.length - 4, 2);
  const localSizes = Buffer.from(sizes.subarray(0, 20));
  localSizes.writeUInt16LE(16, 2);
  const localExtra = Buffer.concat([localSizes, padding]);

  // Version 4.5, UTF-8 name, stored, 1 January 1980: the same content gives the same bytes.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(45, 0);
  common.writeUInt16LE(0x800, 2);
  common.writeUInt16LE(0x21, 8);
  common.writeUInt32LE(crc32(data), 10);
  common.fill(0xff, 14, 22);
  common.writeUInt16LE(nameBytes.length, 22);
  const local = Buffer.concat([uint32(localHeader), common, nameBytes, localExtra]);
  local.writeUInt16LE(localExtra.length, 28);
  common.writeUInt16LE(sizes.length, 24);
  const rest = Buffer.alloc(14);
  rest.fill(0xff, 10);
  const version = Buffer.from([45, 0]);
  const entry = Buffer.concat([uint32(directoryHeader), version, common, rest, nameBytes, sizes]);
  return { local, entry };
}

function ending(directory: readonly Buffer[], offset: number): Buffer {
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(56 + 20 + 22);
  end.writeUInt32LE(zip64EndRecord, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  [directory.length, directory.length, size, offset].forEach((value, i) => {
    end.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  });
  end.writeUInt32LE(zip64Locator, 56);
  end.writeBigUInt64LE(BigInt(offset + size), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(endRecord, 76);
  end.fill(0xff, 84, 96);
  return end;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/**
 * Random access to the bytes of a file, or of a buffer that stands for one. Parsers read only the ranges they need, so a
 * large file never has to fit in memory, and every range is checked against the real size before anything is allocated.
 */
export interface ByteSource {
  /** Its name in errors: the path, or "buffer". */
  readonly name: string;
  readonly size: number;
  /** A fresh, aligned copy of `length` bytes from `offset`. @throws Error naming the file if they are not all there. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Opens a path or wraps bytes that are already in memory. Close it when done. */
export function openBytes(source: string | Uint8Array, name?: string): ByteSource {
  return typeof source === "string" ? openFile(source, name ?? source) : openBuffer(source, name ?? "buffer");
}

/** Opens, uses and always closes a source. */
export function withBytes<R>(source: string | Uint8Array, use: (bytes: ByteSource) => R): R {
  const bytes = openBytes(source);
  try {
    return use(bytes);
  } finally {
    bytes.close();
  }
}

/** A part of a source as a source of its own; closing the whole is left to who opened it. */
export function partOf(whole: ByteSource, name: string, start: number, size: number): ByteSource {
  checkRange(whole, start, size);
  return {
    name,
    size,
    read(offset, length) {
      checkRange(this, offset, length);
      return whole.read(start + offset, length);
    },
    close: () => {},
  };
}

function openFile(path: string, name: string): ByteSource {
  const file = openSync(path, "r");
  const stat = fstatSync(file);
  if (!stat.isFile()) {
    closeSync(file);
    throw new Error(`${name}: this is not a file`);
  }
  return {
    name,
    size: stat.size,
    read(offset, length) {
      checkRange(this, offset, length);
      const out = new Uint8Array(length);
      // The system reads at most about 2 GiB at once, and may read less than asked.
      for (let done = 0; done < length; ) {
        const count = readSync(file, out, done, Math.min(length - done, 1 << 30), offset + done);
        if (count === 0) throw new Error(`${name}: the file became shorter while it was read`);
        done += count;
      }
      return out;
    },
    close: () => closeSync(file),
  };
}

function openBuffer(buffer: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: buffer.byteLength,
    read(offset, length) {
      checkRange(this, offset, length);
      // Not Buffer.slice, which would share memory and keep the offset's bad alignment.
      return Uint8Array.prototype.slice.call(buffer, offset, offset + length);
    },
    close: () => {},
  };
}

function checkRange({ name, size }: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new Error(
      `${name}: bytes ${offset} to ${offset + length} are needed, but the file has ${size} bytes`,
    );
  }
}

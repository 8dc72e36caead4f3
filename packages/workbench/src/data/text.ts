import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";

/**
 * The text of a file, chunk by chunk: UTF-8, or UTF-16 as spreadsheets save it, with or without gzip around it.
 * @throws Error naming the file where it cannot be read or unpacked
 */
export async function* textOf(path: string): AsyncGenerator<string, void, undefined> {
  const [first, second] = firstBytes(path);
  const file = createReadStream(path);
  const bytes = first === 0x1f && second === 0x8b ? file.pipe(createGunzip()) : file;
  // pipe() forwards no errors, and an unread error would end the process.
  file.on("error", (error) => bytes.destroy(error));
  let decoder: TextDecoder | undefined;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      decoder ??= new TextDecoder(encodingOf(chunk));
      yield decoder.decode(chunk, { stream: true });
    }
    if (decoder) yield decoder.decode();
  } finally {
    file.destroy();
  }
}

function firstBytes(path: string): Buffer {
  const bytes = Buffer.alloc(2);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, 2, 0);
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** The first two bytes tell: a byte-order mark, or the zero byte that half of each ASCII letter is in UTF-16. */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || second === 0) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || first === 0) return "utf-16be";
  return "utf-8";
}

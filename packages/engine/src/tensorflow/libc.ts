/** The few functions of the C library that JavaScript has no equal for: copying raw memory and moving file descriptors. */
import koffi from "koffi";
import type { Bytes } from "./ffi";

interface LibC {
  /** Copies bytes; the side that is memory of C is given as an address. */
  memcpy(to: Bytes | bigint, from: Bytes | bigint, length: number): void;
  /** Gives a new file descriptor for the same file. */
  dup(fd: number): number;
  /** Makes `to` a descriptor of the same file as `from`. */
  dup2(from: number, to: number): number;
  /** Opens a file; see {@link writeOnly}. Node's own `openSync` uses another table of descriptors on Windows. */
  open(path: string, flags: number): number;
  close(fd: number): number;
}

/** `O_WRONLY`, which has this value on every system. */
export const writeOnly = 1;

const windows = process.platform === "win32";
let loaded: LibC | undefined;

export function libc(): LibC {
  if (loaded === undefined) {
    const prefix = windows ? "_" : "";
    // Elsewhere the C library is already part of the process.
    const library = koffi.load(windows ? "ucrtbase.dll" : null);
    loaded = {
      memcpy: library.func("memcpy", "void *", ["void *", "void *", "size_t"]),
      dup: library.func(`${prefix}dup`, "int", ["int"]),
      dup2: library.func(`${prefix}dup2`, "int", ["int", "int"]),
      open: library.func(`${prefix}open`, "int", ["str", "int"]),
      close: library.func(`${prefix}close`, "int", ["int"]),
    };
  }
  return loaded;
}

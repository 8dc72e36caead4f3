import koffi from "koffi";

/** `RTLD_NOW | RTLD_NODELETE`. */
const keepFlags = 0x2 | (process.platform === "darwin" ? 0x80 : 0x1000);

/**
 * Keeps a library in the process until its end, loading it where it is not loaded yet. koffi unloads libraries before the process
 * runs its exit handlers; TensorFlow and PJRT plugins register some, whose code would no longer be there.
 *
 * @returns why it could not be kept, or undefined when it is
 */
export function keepLoaded(path: string): string | undefined {
  // Windows runs a library's exit handlers when it unloads it.
  if (process.platform === "win32") return undefined;
  const libc = koffi.load(null);
  const dlopen = libc.func("dlopen", "void *", ["str", "int"]) as (path: string, flags: number) => unknown;
  // Looked up first, as looking up clears the error that it tells of.
  const dlerror = libc.func("dlerror", "str", []) as () => string | null;
  return dlopen(path, keepFlags) === null ? (dlerror() ?? "no reason given") : undefined;
}

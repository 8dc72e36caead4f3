/** The C compiler of the machine, and the cache of libraries that it has compiled. */
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, cpus, tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { announced } from "../compiling";
import { markUsed, partialName, prune } from "../disk-cache";
import { keepLoaded } from "../keep-loaded";
import { defaultCacheFolder, settings } from "../settings";
import { runLater, runNow, type Steps, step } from "../steps";
import { findTensorFlow } from "../tensorflow/find-library";
import { type Output, runCommand } from "./command";
import type { ProgramText } from "./emit/parts";
import { NotNative } from "./not-native";
import type { ProductTarget } from "./plan/memory";

/** The flags that select the instructions of this processor. Compilers know one or the other. */
const forThisMachine = ["-march=native", "-mcpu=native"];

/** A C compiler for this machine. */
export interface Toolchain extends ProductTarget {
  readonly command: string;
  readonly flags: readonly string[];
  /** True if the processor has instructions for bfloat16 products. */
  readonly bfloat16: boolean;
  /** Its own name and version. */
  readonly version: string;
  /** The properties of compiler and processor that decide the machine code of a text. */
  readonly identity: string;
}

/** `packages/engine/native`: the path is the same from the sources and from the compiled files. */
export const runtime = join(__dirname, "..", "..", "native");

/** Optimization without errno and traps. NaN and infinity keep their meaning. */
export const flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd", "-std=gnu11", "-w"];

let found: Toolchain | undefined | "none";

/** A program, and the arguments that make it a C compiler, such as `zig cc`. */
type Candidate = readonly [command: string, ...args: string[]];

/** The setting `cc`, else cc, gcc or clang, else the Python package `ziglang` beside TensorFlow; undefined if none works. */
export const toolchain = (): Toolchain | undefined => runNow(findToolchain());

/** {@link toolchain} in steps. */
export function* findToolchain(): Steps<Toolchain | undefined> {
  if (found === undefined)
    found = process.platform === "win32" ? "none" : ((yield* firstWorking(yield* candidates())) ?? "none");
  return found === "none" ? undefined : found;
}

function* candidates(): Steps<Candidate[]> {
  const { cc } = settings();
  if (cc !== undefined) return [[cc]];
  // On macOS without developer tools, cc opens a window that offers to install them.
  const has = process.platform !== "darwin" || (yield* runCommand("xcode-select", ["-p"], "")).status === 0;
  const zig = zigBesideTensorFlow();
  return [...(has ? ([["cc"], ["gcc"], ["clang"]] as const) : []), ...(zig ? ([[zig, "cc"]] as const) : [])];
}

/** The Python package `ziglang`: clang with a linker. */
export function zigBesideTensorFlow(): string | undefined {
  const { found } = findTensorFlow();
  if (found === null) return undefined;
  const zig = join(dirname(found.folder), "ziglang", "zig");
  return existsSync(zig) ? zig : undefined;
}

function* firstWorking(candidates: readonly Candidate[]): Steps<Toolchain | undefined> {
  for (const [command, ...args] of candidates) {
    for (const machine of forThisMachine) {
      const tools = yield* probe(command, [...args, ...flags, machine]);
      if (tools === undefined) continue;
      const { stdout } = yield* runCompiler(command, [...args, "--version"], "");
      return {
        ...tools,
        version: stdout.split("\n")[0]!,
        identity: `${stdout} ${cpus()[0]?.model} ${process.arch}`,
      };
    }
  }
  return undefined;
}

/** Asks a compiler for the properties of its target; undefined if it does not work. */
function* probe(
  command: string,
  flags: readonly string[],
): Steps<Omit<Toolchain, "version" | "identity"> | undefined> {
  const input = '#include "gemm.h"\n#ifdef __AVX512BF16__\nint b=1;\n#endif\nTHE_PANEL=PANEL\n';
  const { status, stdout } = yield* runCompiler(
    command,
    [...flags, "-I", runtime, "-E", "-P", "-x", "c", "-"],
    input,
  );
  const panel = /THE_PANEL=(.*)/.exec(stdout ?? "")?.[1];
  if (status !== 0 || panel === undefined || !/^[\d ()*]+$/.test(panel)) return undefined;
  const sizes = panel.match(/\d+/g)!.map(Number);
  return {
    command,
    flags,
    panel: sizes.reduce((product, size) => product * size, 1),
    bfloat16: /int b=1/.test(stdout),
  };
}

/** Runs a compiler on a text. */
export function* runCompiler(command: string, args: readonly string[], input: string): Steps<Output> {
  if (basename(command) !== "zig") return yield* runCommand(command, args, input);
  // Zig's files of a single program are removed; its files for all programs stay.
  const temporary = partialName(join(tmpdir(), "tfjs-compile-zig"));
  const folders = { ZIG_GLOBAL_CACHE_DIR: join(writableFolder(), "zig"), ZIG_LOCAL_CACHE_DIR: temporary };
  try {
    return yield* runCommand(command, args, input, { ...process.env, ...folders });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The folder of the setting `nativeCache`, else of the user's cache; a temporary one if that is not writable. */
function writableFolder(): string {
  const folder = settings().nativeCache ?? defaultCacheFolder("native");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    const temporary = join(tmpdir(), `tfjs-compile-${userInfo().uid}`);
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    return temporary;
  }
}

/**
 * Compiles the text of a program, unless the library is in the cache already.
 *
 * @param name name of the function, for progress messages
 * @param parts number of compilers that can share the text
 * @returns the path of the library
 * @throws NotNative, after a warning, if the compiler fails, the disk is full, or the library does not load
 */
export function* compileText(tools: Toolchain, name: string, text: string, parts = 1): Steps<string> {
  const { command, flags, identity } = tools;
  const hash = createHash("sha256").update(identity).update(flags.join(" ")).update(text);
  for (const name of readdirSync(runtime).sort()) hash.update(readFileSync(join(runtime, name)));
  const key = hash.digest("hex").slice(0, 32);
  try {
    const folder = writableFolder();
    const making = () =>
      announced({ name, compiler: tools.version }, makeLibrary(tools, { text, parts }, folder, key));
    const path = findKept(folder, key) ?? (yield* making());
    // Threads of the library may still be running when koffi unloads libraries at the end of the process.
    const problem = keepLoaded(path);
    if (problem !== undefined) throw new Error(problem);
    return path;
  } catch (error) {
    const said = (error as Error).message.trim().slice(0, 2000);
    process.emitWarning(`${command} made no program of compile()'s, which TensorFlow runs instead: ${said}`);
    throw new NotNative(`${command} made no program of it`);
  }
}

/** The file name contains a checksum of the library, because loading a damaged one could crash the process. */
const libraryName = (key: string, contents: Uint8Array) =>
  `${key}-${createHash("sha256").update(contents).digest("hex").slice(0, 32)}.so`;

function findKept(folder: string, key: string): string | undefined {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(key) || !name.endsWith(".so")) continue;
    const path = join(folder, name);
    const contents = readIfThere(path);
    if (contents !== undefined && libraryName(key, contents) === name) {
      markUsed(path);
      return path;
    }
    rmSync(path, { force: true });
  }
  return undefined;
}

/** Reads a file; undefined if another process has pruned it since the folder was read. */
function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Size of the cache in bytes. */
const maxCacheBytes = 200e6;

function* makeLibrary(tools: Toolchain, program: ProgramText, folder: string, key: string): Steps<string> {
  if (settings().keepC) writeFileSync(join(folder, `${key}.c`), program.text);
  const partial = partialName(join(folder, key));
  try {
    const made = yield* build(tools, program, partial);
    if (made.status !== 0) throw new Error(made.stderr || made.error?.message || `killed by ${made.signal}`);
    const path = join(folder, libraryName(key, readFileSync(partial)));
    renameSync(partial, path);
    prune(folder, maxCacheBytes);
    return path;
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Runs the compiler on a program: at once on the whole; while the event loop goes on, on its parts side by side, one for each core. */
function* build(tools: Toolchain, { text, parts }: ProgramText, library: string): Steps<Output> {
  const { command, flags } = tools;
  const fixed = [...flags, "-fPIC", "-pthread"];
  const link = [...fixed, "-shared", "-o", library];
  const source = ["-I", runtime, "-x", "c", "-"];
  const whole = () => runCompiler(command, [...link, ...source, "-lm"], text);
  const compilers = Math.min(parts, availableParallelism());
  const objects = Array.from({ length: compilers }, (_, part) => `${library}.${part}.o`);

  async function later(signal: AbortSignal): Promise<Output> {
    const runs = objects.map((object, part) => {
      const args = [
        ...fixed,
        `-DCOMPILERS=${compilers}`,
        `-DCOMPILER=${part}`,
        "-c",
        "-o",
        object,
        ...source,
      ];
      return runLater(runCompiler(command, args, text), signal);
    });
    // Also after an abort, so that none of them writes its object once it has been removed.
    await Promise.allSettled(runs);
    const failed = (await Promise.all(runs)).find(({ status }) => status !== 0);
    return failed ?? runLater(runCompiler(command, [...link, ...objects, "-lm"], ""), signal);
  }

  if (compilers === 1) return yield* whole();
  try {
    return yield* step({ now: () => runNow(whole()), later });
  } finally {
    for (const object of objects) rmSync(object, { force: true });
  }
}

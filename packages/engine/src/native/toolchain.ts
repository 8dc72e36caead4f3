/** The machine's C compiler, and the programs that it has made. */
import { spawnSync } from "node:child_process";
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
import { cpus, tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { cacheFolder, markUsed, partialName, prune } from "../disk-cache";
import { keepLoaded } from "../keep-loaded";
import { findTensorFlow } from "../tensorflow/find-library";
import { NotNative } from "./planner";

/** Makes code for this very processor; compilers differ in the word for it. */
const forThisMachine = ["-march=native", "-mcpu=native"];

/** A C compiler that makes programs for this machine. */
export interface Toolchain {
  readonly command: string;
  readonly flags: readonly string[];
  /** `PANEL` of `native/gemm.h`. */
  readonly panel: number;
  /** Whether products of bfloat16 are instructions here. */
  readonly bfloat16: boolean;
  /** What it calls itself. */
  readonly version: string;
  /** What machine code depends on besides the text. */
  readonly identity: string;
}

/** `packages/engine/native`, seen from the sources and from what they are built to. */
const runtime = join(__dirname, "..", "..", "native");

/** NaN and infinity keep their meaning; only what C allows for errors and traps is given up. */
const flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd", "-std=gnu11", "-w"];

let found: Toolchain | undefined | "none";

/** A C compiler, and the arguments by which a program that is more than one becomes it. */
type Candidate = readonly [command: string, ...args: string[]];

/** The compiler named by `CC`, or else cc, gcc or clang, or else the one that set-up installs; undefined where none works. */
export function toolchain(): Toolchain | undefined {
  if (found === undefined)
    found = process.platform === "win32" ? "none" : (firstWorking(candidates()) ?? "none");
  return found === "none" ? undefined : found;
}

function* candidates(): Generator<Candidate> {
  if (process.env.CC) return yield [process.env.CC];
  // Without Apple's tools, its cc opens a window that offers them.
  if (process.platform !== "darwin" || spawnSync("xcode-select", ["-p"]).status === 0)
    yield* [["cc"], ["gcc"], ["clang"]] as const;
  const zig = zigBesideTensorFlow();
  if (zig !== undefined) yield [zig, "cc"];
}

/** Zig is clang with what it needs to link, in a Python package (`ziglang`) that set-up installs where there is no other compiler. */
function zigBesideTensorFlow(): string | undefined {
  const { found } = findTensorFlow();
  if (found === null) return undefined;
  const zig = join(dirname(found.folder), "ziglang", "zig");
  return existsSync(zig) ? zig : undefined;
}

function firstWorking(candidates: Iterable<Candidate>): Toolchain | undefined {
  for (const [command, ...args] of candidates) {
    for (const machine of forThisMachine) {
      const tools = probe(command, [...args, ...flags, machine]);
      if (tools === undefined) continue;
      const { stdout } = run(command, [...args, "--version"], "");
      return {
        ...tools,
        version: stdout.split("\n")[0]!,
        identity: `${stdout} ${cpus()[0]?.model} ${process.arch}`,
      };
    }
  }
  return undefined;
}

/** Lets a compiler say what it makes code for; undefined where it does not work. */
function probe(
  command: string,
  flags: readonly string[],
): Omit<Toolchain, "version" | "identity"> | undefined {
  const input = '#include "gemm.h"\n#ifdef __AVX512BF16__\nint b=1;\n#endif\nTRM_PANEL=PANEL\n';
  const { status, stdout } = run(command, [...flags, "-I", runtime, "-E", "-P", "-x", "c", "-"], input);
  const panel = /TRM_PANEL=(.*)/.exec(stdout ?? "")?.[1];
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
function run(command: string, args: readonly string[], input: string) {
  if (basename(command) !== "zig")
    return spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1e8 });
  // What Zig keeps of each program goes, what it keeps for all stays with the programs.
  const temporary = partialName(join(tmpdir(), "trm-zig"));
  const folders = { ZIG_GLOBAL_CACHE_DIR: join(writableFolder(), "zig"), ZIG_LOCAL_CACHE_DIR: temporary };
  try {
    const env = { ...process.env, ...folders };
    return spawnSync(command, args, { input, env, encoding: "utf8", maxBuffer: 1e8 });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** `$TRM_NATIVE_CACHE`, else a folder of the user's cache; where that cannot be written to, one for temporary files. */
function writableFolder(): string {
  const folder = cacheFolder("TRM_NATIVE_CACHE", "native");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    const temporary = join(tmpdir(), `tiny-recursive-notebooks-${userInfo().uid}`);
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    return temporary;
  }
}

/**
 * The path of the library made from a program's text, from the cache where it has been made before.
 *
 * @throws NotNative, after a warning, where the compiler refuses it, the disk is full, or what was made does not load
 */
export function compileText(tools: Toolchain, text: string): string {
  const { command, flags, identity } = tools;
  const hash = createHash("sha256").update(identity).update(flags.join(" ")).update(text);
  for (const name of readdirSync(runtime).sort()) hash.update(readFileSync(join(runtime, name)));
  const key = hash.digest("hex").slice(0, 32);
  try {
    const folder = writableFolder();
    const path = findKept(folder, key) ?? makeLibrary(tools, text, folder, key);
    // Its threads may still be on their way to sleep when koffi unloads libraries at the end of the process.
    const problem = keepLoaded(path);
    if (problem !== undefined) throw new Error(problem);
    return path;
  } catch (error) {
    const said = (error as Error).message.trim().slice(0, 2000);
    process.emitWarning(`${command} made no program of compile()'s, which TensorFlow runs instead: ${said}`);
    throw new NotNative(`${command} made no program of it`);
  }
}

/** A library's name holds a checksum of its contents, as loading a damaged one could end the process. */
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

/** Another process may have pruned the file since the folder was read. */
function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

const mostBytes = 200e6;

function makeLibrary({ command, flags }: Toolchain, text: string, folder: string, key: string): string {
  if (process.env.TRM_KEEP_C) writeFileSync(join(folder, `${key}.c`), text);
  const partial = partialName(join(folder, key));
  try {
    const made = run(
      command,
      [...flags, "-shared", "-fPIC", "-pthread", "-I", runtime, "-x", "c", "-", "-o", partial, "-lm"],
      text,
    );
    if (made.status !== 0) throw new Error(made.stderr || made.error?.message || `killed by ${made.signal}`);
    const path = join(folder, libraryName(key, readFileSync(partial)));
    renameSync(partial, path);
    prune(folder, mostBytes);
    return path;
  } finally {
    rmSync(partial, { force: true });
  }
}

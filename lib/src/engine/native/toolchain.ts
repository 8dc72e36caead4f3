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
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { cpus, homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { NotNative } from "./planner";

/** Makes code for this very processor; compilers differ in the word for it. */
const forThisMachine = ["-march=native", "-mcpu=native"];

/** A C compiler that makes programs for this machine. */
export interface Toolchain {
  readonly command: string;
  readonly flags: readonly string[];
  /** `PANEL` of `lib/native/gemm.h`. */
  readonly panel: number;
  /** Whether products of bfloat16 are instructions here. */
  readonly bfloat16: boolean;
  /** What it calls itself. */
  readonly version: string;
  /** What machine code depends on besides the text. */
  readonly identity: string;
}

/** `lib/native`, seen from the sources and from what they are built to. */
const runtime = join(__dirname, "..", "..", "..", "native");

/** NaN and infinity keep their meaning; only what C allows for errors and traps is given up. */
const flags = [
  "-O3",
  "-march=native",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-fopenmp-simd",
  "-std=gnu11",
  "-w",
];

let found: Toolchain | undefined | "none";

/** The compiler named by `CC`, or else cc, gcc or clang; undefined where there is none, or none that works. */
export function toolchain(): Toolchain | undefined {
  if (found === undefined) {
    const commands = process.env.CC ? [process.env.CC] : ["cc", "gcc", "clang"];
    found = process.platform === "win32" ? "none" : (firstWorking(commands) ?? "none");
  }
  return found === "none" ? undefined : found;
}

function firstWorking(commands: readonly string[]): Toolchain | undefined {
  for (const [command, machine] of commands.flatMap((command) =>
    forThisMachine.map((flag) => [command, flag] as const),
  )) {
    const probe = '#include "gemm.h"\n#ifdef __AVX512BF16__\nint b=1;\n#endif\nTRM_PANEL=PANEL\n';
    const tried = spawnSync(command, [...flags, machine, "-I", runtime, "-E", "-P", "-x", "c", "-"], {
      input: probe,
      encoding: "utf8",
      maxBuffer: 1e8,
    });
    const panel = /TRM_PANEL=(.*)/.exec(tried.stdout ?? "")?.[1];
    if (tried.status !== 0 || panel === undefined || !/^[\d ()*]+$/.test(panel)) continue;
    const version = spawnSync(command, ["--version"], { encoding: "utf8" }).stdout;
    const sizes = panel.match(/\d+/g)!.map(Number);
    return {
      command,
      flags: [...flags, machine],
      panel: sizes.reduce((product, size) => product * size, 1),
      bfloat16: /int b=1/.test(tried.stdout),
      version: version.split("\n")[0]!,
      identity: `${version} ${cpus()[0]?.model} ${process.arch}`,
    };
  }
  return undefined;
}

/** Where compiled programs are kept: `$TRM_NATIVE_CACHE`, else `tiny-recursive-notebooks/native` in the user's cache. */
function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return process.env.TRM_NATIVE_CACHE ?? join(base, "tiny-recursive-notebooks", "native");
}

/** The cache, or where the home cannot be written to, a folder for temporary files. */
function writableFolder(): string {
  const folder = cacheFolder();
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

/** The newest date makes a file the last that {@link prune} would take. */
function markUsed(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}

/**
 * The path of the library made from a program's text, from the cache where it has been made before.
 *
 * @throws NotNative, after a warning, where the compiler refuses it
 */
export function compileText({ command, flags, identity }: Toolchain, text: string): string {
  const folder = writableFolder();
  const hash = createHash("sha256").update(identity).update(flags.join(" ")).update(text);
  for (const name of readdirSync(runtime).sort()) hash.update(readFileSync(join(runtime, name)));
  const path = join(folder, `${hash.digest("hex").slice(0, 32)}.so`);
  if (existsSync(path)) {
    markUsed(path);
    return path;
  }
  // Written beside and renamed: another process never loads half a library.
  const partial = `${path}.${process.pid}`;
  const source = `${partial}.c`;
  writeFileSync(source, text);
  const made = spawnSync(
    command,
    [...flags, "-shared", "-fPIC", "-pthread", "-I", runtime, source, "-o", partial, "-lm"],
    { encoding: "utf8" },
  );
  if (process.env.TRM_KEEP_C === undefined) rmSync(source, { force: true });
  if (made.status !== 0) {
    const said = (made.stderr || made.error?.message || "").trim();
    process.emitWarning(
      `${command} refused a program of compile(), which TensorFlow runs instead: ${said.slice(0, 2000)}`,
    );
    throw new NotNative(`${command} refused it`);
  }
  renameSync(partial, path);
  prune(folder);
  return path;
}

const mostBytes = 200e6;

/** Removes the libraries that were not used for longest when the folder grows too large. */
function prune(folder: string): void {
  const files = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), ...statSync(join(folder, name)) }))
    .sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const { path, size } of files) {
    bytes += size;
    if (bytes > mostBytes) rmSync(path, { force: true });
  }
}

/** Programs on a device: compiled from StableHLO text, and run on buffers. */
import { announced } from "../compiling";
import type { LoweredProgram } from "../stablehlo/lower";
import { runLater, runNow, type Steps, step } from "../steps";
import { adopt, type DeviceBuffer, liesAs, type TensorSpec } from "./buffers";
import { type CacheFolder, cacheKey, readCached, writeCached } from "./cache";
import { cudaFolder, type PjrtDevice } from "./client";
import { destroyNow, type Handle, own } from "./handles";
import {
  addressOf,
  bytesAt,
  call,
  callAsync,
  callDeleter,
  keepAlive,
  PjrtError,
  roomyThreads,
  struct,
} from "./library";
import { compileOptions, type Options } from "./options";

/** A program as text, and what it takes and gives. */
export interface ProgramText {
  /** For messages. */
  readonly name: string;
  /** A StableHLO module with one public function `main`. */
  readonly stablehlo: string;
  readonly arguments: readonly TensorSpec[];
  readonly results: readonly TensorSpec[];
  /** Indices of the arguments whose memory the text gives to results (`tf.aliasing_output`, `jax.buffer_donor`). */
  readonly donated: readonly number[];
  /** How a program for several devices lies on them. */
  readonly placement?: Pick<LoweredProgram, "devices" | "layouts">;
}

/** Options of compilation. */
export interface CompileOptions {
  /** Flags of XLA for this program. */
  readonly flags?: Options;
  /** Folder for compiled programs. @default none are kept between processes */
  readonly cache?: CacheFolder;
}

/** A program on a device, ready to run. */
export interface Program {
  readonly text: ProgramText;
  readonly device: PjrtDevice;
  /** True if it came from the cache on disk, not from the compiler. */
  readonly fromCache: boolean;
  readonly compileMs: number;
  readonly handle: Handle;
}

/** Bytes that a program needs on its device, as planned by the compiler. */
export interface ProgramMemory {
  readonly code: number;
  readonly arguments: number;
  readonly results: number;
  /** Results in the memory of donated arguments. */
  readonly aliased: number;
  readonly temporary: number;
}

/**
 * Compiles a program, on another thread where the event loop goes on, or takes it from the cache.
 *
 * @throws PjrtError with the compiler's message, which names the line of the text
 */
export function* compileInSteps(
  device: PjrtDevice,
  text: ProgramText,
  options: CompileOptions = {},
): Steps<Program> {
  const job = prepare(device, text, options);
  if (job.cached !== null) return job.cached;
  const compile = () => call(device.api, "Client_Compile", job.args, job.what).executable;
  const compiling = step({
    now: compile,
    // The compiler's recursion would overflow a small stack.
    later: async () =>
      roomyThreads()
        ? (await callAsync(device.api, "Client_Compile", job.args, job.what)).executable
        : compile(),
  });
  try {
    return job.finish(yield* announced({ name: text.name, compiler: device.platform }, compiling));
  } catch (error) {
    throw explained(error, text);
  }
}

/** {@link compileInSteps} while the event loop goes on. */
export const compileProgram = (
  device: PjrtDevice,
  text: ProgramText,
  options?: CompileOptions,
): Promise<Program> => runLater(compileInSteps(device, text, options), new AbortController().signal);

/** {@link compileInSteps} at once. */
export const compileProgramSync = (
  device: PjrtDevice,
  text: ProgramText,
  options?: CompileOptions,
): Program => runNow(compileInSteps(device, text, options));

/** Adds the line of the program that the error names (`-:5:8: error: …`) to its message. */
function explained(error: unknown, { stablehlo }: ProgramText): unknown {
  if (!(error instanceof PjrtError)) return error;
  const line = /-:(\d+):\d+/.exec(error.detail)?.[1];
  const source = line && stablehlo.split("\n")[Number(line) - 1];
  return source
    ? new PjrtError(error.what, error.code, `${error.detail.trim()}\nLine ${line}: ${source}`)
    : error;
}

function prepare(device: PjrtDevice, text: ProgramText, { flags = {}, cache }: CompileOptions) {
  const started = performance.now();
  const cuda = device.platform === "cuda" ? cudaFolder(device.api.path) : null;
  const proto = compileOptions(
    cuda === null ? flags : { xla_gpu_cuda_data_dir: cuda, ...flags },
    text.placement?.devices,
  );
  const key = cache && cacheKey(device, text.stablehlo, proto);
  const program = (address: bigint, fromCache: boolean): Program => ({
    text,
    device,
    fromCache,
    compileMs: performance.now() - started,
    handle: own(device.api, "program", address, device.registry),
  });
  const bytes = cache && key ? readCached(cache, key) : null;
  const loaded = bytes && deserialize(device, bytes);
  const code = Buffer.from(text.stablehlo);
  const format = Buffer.from("mlir");
  return {
    what: `Compiling ${text.name} for ${device.platform}`,
    cached: loaded ? program(loaded, true) : null,
    args: {
      client: device.client,
      program: struct("Program", { code, code_size: code.length, format, format_size: format.length }),
      compile_options: proto,
      compile_options_size: proto.length,
    },
    finish(address: bigint): Program {
      const made = program(address, false);
      if (cache && key) {
        const image = serialize(made);
        if (image !== null) writeCached(cache, key, image);
      }
      return made;
    },
  };
}

/**
 * Starts a program and returns its results at once, as buffers that the device will fill. Reading a buffer waits for it;
 * passing it to the next program does not.
 *
 * @param donated the donatable arguments that this run may consume: results take over their memory, and they are
 *   freed here
 * @throws Error when an argument does not have the shape, type or device of the program's parameter
 */
export function runProgram(
  program: Program,
  args: readonly DeviceBuffer[],
  donated: ReadonlySet<number> = new Set(program.text.donated),
): DeviceBuffer[] {
  const { device, text, handle } = program;
  const what = `Running ${text.name} on ${device.platform}`;
  checkArguments(what, program, args);
  const { devices, layouts } = text.placement ?? { devices: 1 };
  const perDevice = Array.from({ length: devices }, (_, i) => i);
  const inputs = perDevice.map((i) => BigUint64Array.from(args, ({ parts }) => parts[i]!.address));
  const outputs = perDevice.map(() => new BigUint64Array(Math.max(1, text.results.length)));
  const kept = BigInt64Array.from(
    text.donated.filter((i) => !donated.has(i)),
    BigInt,
  );
  // Arguments and results are one list per device.
  call(
    device.api,
    "LoadedExecutable_Execute",
    {
      executable: handle.address,
      options: struct("ExecuteOptions", {
        non_donatable_input_indices: kept,
        num_non_donatable_input_indices: kept.length,
      }),
      argument_lists: listOf(inputs),
      num_devices: devices,
      num_args: args.length,
      output_lists: listOf(outputs),
    },
    what,
  );
  for (const i of text.donated) if (donated.has(i)) args[i]!.handle.free();
  return text.results.map((spec, i) =>
    adopt(
      device,
      outputs.map((row) => row[i]!),
      spec,
      layouts?.results[i] ?? "first",
    ),
  );
}

function listOf(rows: BigUint64Array[]): BigUint64Array {
  return keepAlive(
    BigUint64Array.from(rows, (row) => (row.length > 0 ? addressOf(row) : 0n)),
    rows,
  );
}

/** Checks arguments, because not every plugin does, and a wrong one would crash the process. */
function checkArguments(what: string, { device, text }: Program, args: readonly DeviceBuffer[]): void {
  if (args.length !== text.arguments.length) {
    throw new Error(`${what}: it takes ${text.arguments.length} arguments, got ${args.length}.`);
  }
  for (const [i, arg] of args.entries()) {
    const wanted = text.arguments[i]!;
    if (arg.dtype !== wanted.dtype || String(arg.shape) !== String(wanted.shape)) {
      throw new Error(
        `${what}: argument ${i} is a ${arg.dtype}[${arg.shape}], but must be a ${wanted.dtype}[${wanted.shape}].`,
      );
    }
    if (arg.device !== device) throw new Error(`${what}: argument ${i} lives on another device.`);
    const layout = text.placement?.layouts.arguments[i] ?? "first";
    if (!liesAs(arg, layout)) {
      throw new Error(`${what}: argument ${i} is ${arg.layout} on the devices, but must be ${layout}.`);
    }
  }
}

/** Calls `read` with the executable of a program. */
function withExecutable<R>(program: Program, read: (executable: bigint) => R): R {
  const { api } = program.device;
  const { executable } = call(api, "LoadedExecutable_GetExecutable", {
    loaded_executable: program.handle.address,
  });
  try {
    return read(executable);
  } finally {
    destroyNow(api, "executable", executable);
  }
}

/** Memory of a program as planned by the compiler. */
export function programMemory(program: Program): ProgramMemory {
  const stats = withExecutable(program, (executable) =>
    call(program.device.api, "Executable_GetCompiledMemoryStats", { executable }),
  );
  return {
    code: Number(stats.generated_code_size_in_bytes),
    arguments: Number(stats.argument_size_in_bytes),
    results: Number(stats.output_size_in_bytes),
    aliased: Number(stats.alias_size_in_bytes),
    temporary: Number(stats.temp_size_in_bytes),
  };
}

/** The compiled program as bytes, or null where the plugin cannot give them. */
function serialize(program: Program): Uint8Array | null {
  const { api } = program.device;
  try {
    return withExecutable(program, (executable) => {
      const image = call(api, "Executable_Serialize", { executable });
      const bytes = bytesAt(image.serialized_bytes, image.serialized_bytes_size);
      if (image.serialized_executable_deleter) {
        callDeleter(image.serialized_executable_deleter, image.serialized_executable);
      }
      return bytes;
    });
  } catch {
    return null; // Without a cache, every process compiles.
  }
}

/** Loads the bytes of {@link serialize}; null when this plugin refuses them. */
function deserialize(device: PjrtDevice, bytes: Uint8Array): bigint | null {
  try {
    return call(device.api, "Executable_DeserializeAndLoad", {
      client: device.client,
      serialized_executable: bytes,
      serialized_executable_size: bytes.length,
    }).loaded_executable;
  } catch {
    return null;
  }
}

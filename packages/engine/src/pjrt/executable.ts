/** Runs recorded graphs on a device, or on several as one. */
import type { Graph } from "../graph/graph";
import { type LoweredProgram, type LowerOptions, lowerToStableHlo } from "../stablehlo/lower";
import { storeOnce } from "../stablehlo/store-once";
import type { TensorType } from "../stablehlo/types";
import type { Steps } from "../steps";
import { type DeviceBuffer, type TensorSpec, toDevice } from "./buffers";
import { pjrtCache } from "./cache";
import type { PjrtDevice } from "./client";
import { type CompileOptions, compileInSteps, type Program, type ProgramText, runProgram } from "./programs";
import { dataArray, elementType } from "./tensors";

/** A graph compiled for a device. */
export interface DeviceExecutable {
  readonly program: Program;
  /**
   * Starts the program and returns at once; reading a result waits for it.
   *
   * @param inputs one tensor per parameter, then one per captured value
   * @param donated indices of inputs that the run may consume, among those given to {@link compileForDevice}
   */
  run(inputs: readonly DeviceBuffer[], donated: ReadonlySet<number>): DeviceBuffer[];
  dispose(): void;
}

const spec = ({ shape, dtype }: TensorType): TensorSpec => ({ shape, dtype: elementType(dtype) });

/** A lowered program with the element types of the device. */
export function programText(lowered: LoweredProgram): ProgramText {
  return {
    name: lowered.name,
    stablehlo: lowered.stablehlo,
    arguments: lowered.arguments.map(spec),
    results: lowered.results.map(spec),
    donated: lowered.donated,
    placement: lowered,
  };
}

/** By default XLA drops a cast to bfloat16 and back, which would undo {@link storeOnce}. */
const roundAsWritten = { xla_allow_excess_precision: false };

/**
 * Compiles a graph for a device, or takes it from the cache on disk.
 */
export function* compileForDevice(
  device: PjrtDevice,
  graph: Graph,
  lowering: LowerOptions = {},
  options: CompileOptions = { cache: pjrtCache() },
): Steps<DeviceExecutable> {
  const lowered = lowerToStableHlo(storeOnce(graph), lowering);
  const flags = { ...roundAsWritten, ...options.flags };
  const program = yield* compileInSteps(device, programText(lowered), { ...options, flags });
  const constants = lowered.largeConstants.map((constant) =>
    toDevice(
      device,
      dataArray(constant.data, elementType(constant.dtype)),
      spec(constant),
      lowered.devices > 1 ? "whole" : "first",
    ),
  );
  return {
    program,
    run: (inputs, donated) => runProgram(program, [...inputs, ...constants], donated),
    dispose() {
      program.handle.free();
      for (const constant of constants) constant.handle.free();
    },
  };
}

/** The seam between `compile()` and what runs a graph: TensorFlow (`tensorflow/lower.ts`) or a PJRT device (`pjrt/engine.ts`). */
import type { TensorMetadata } from "./binding";
import type { Graph } from "./graph/graph";
import type { Place } from "./router";

/** A graph made ready to run. Tensors go in and come out as ids of the target's place. */
export interface Executable {
  /**
   * Runs the graph.
   *
   * @param inputs one id per parameter, then one per captured value
   * @param donated indices of inputs whose memory results may take over now, out of those that {@link Lowering} was told of
   * @returns one new tensor per result, which the caller owns
   */
  run(inputs: readonly number[], donated: ReadonlySet<number>): TensorMetadata[];
  /** {@link run} while the event loop goes on. */
  runAsync(inputs: readonly number[], donated: ReadonlySet<number>): Promise<TensorMetadata[]>;
  /** Frees what the executable holds. */
  dispose(): void;
}

/**
 * Makes a graph ready to run on one kind of device.
 *
 * @param donate indices of parameters that runs may use up; a device with memory of its own then needs it only once
 */
export type Lowering = (graph: Graph, donate: readonly number[]) => Executable;

/** Where compiled functions run. */
export interface Target {
  /** Inputs are moved here first. */
  readonly place: Place;
  readonly lower: Lowering;
}

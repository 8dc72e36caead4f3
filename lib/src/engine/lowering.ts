/** The seam between `compile()` and what runs a graph: TensorFlow (`tensorflow/lower.ts`), or another device. */
import type { TensorMetadata } from "./binding";
import type { Graph } from "./graph/graph";

/** A graph made ready to run. Tensors go in and come out as ids of the current binding. */
export interface Executable {
  /**
   * Runs the graph.
   *
   * @param inputs one id per parameter, then one per captured value
   * @returns one new tensor per result, which the caller owns
   */
  run(inputs: readonly number[]): TensorMetadata[];
  /** {@link run} on another thread: the event loop goes on meanwhile. */
  runAsync(inputs: readonly number[]): Promise<TensorMetadata[]>;
  /** Frees what the executable holds. */
  dispose(): void;
}

/** Makes a graph ready to run on one kind of device. */
export type Lowering = (graph: Graph) => Executable;

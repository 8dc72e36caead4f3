/** The interface between `compile()` and what runs a graph: a native program, TensorFlow, or a PJRT device (`targets.ts`). */
import type { TensorMetadata } from "./binding";
import type { Graph } from "./graph/graph";
import type { Steps } from "./steps";
import type { Owner } from "./tensor-owners";

/** A graph made ready to run. Tensors go in and come out as ids of the target's owner. */
export interface Executable {
  readonly runsOn: "native" | "tensorflow" | "pjrt";
  /** Reason why it does not run natively; undefined if it does. */
  readonly because: string | undefined;
  /**
   * Runs the graph.
   *
   * @param inputs one id per parameter, then one per captured value
   * @param donated indices of inputs whose memory results may take over now, out of those of {@link ParameterFacts.donate}
   * @returns one new tensor per result, which the caller owns
   */
  run(inputs: readonly number[], donated: ReadonlySet<number>): TensorMetadata[];
  /** {@link run} while the event loop goes on. */
  runAsync(inputs: readonly number[], donated: ReadonlySet<number>): Promise<TensorMetadata[]>;
  /** Frees what the executable holds. */
  dispose(): void;
}

/** Facts of a graph's parameters, by their indices. */
export interface ParameterFacts {
  /** Runs may use these up; a device with memory of its own then needs it only once. */
  readonly donate: readonly number[];
  /** Their first dimension is the batch; undefined without the option. */
  readonly batch: readonly number[] | undefined;
}

/** Makes a graph ready to run on one kind of device. */
export type Lowering = (graph: Graph, parameters: ParameterFacts) => Steps<Executable>;

/** A target of compiled functions. */
export interface Target {
  /** Inputs are moved here first. */
  readonly owner: Owner;
  readonly lower: Lowering;
}

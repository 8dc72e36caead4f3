/** A rule gives the StableHLO for one operation of the graph. */

import type { Call } from "../graph/shapes/rule";
import type { Emitter, Ssa } from "./emitter";
import type { TensorType } from "./types";

/**
 * A node to be written down. Axes, shapes and other constant inputs are read from `inputs` (see `constantInts`); tensors
 * that are computed with are asked for with `operand`, which writes constants only then.
 */
export interface Node extends Call {
  readonly operand: (index: number) => Ssa;
  /** Types of the outputs, as they were inferred while recording. */
  readonly outputs: readonly TensorType[];
}

/** Writes an operation and gives its outputs: several only where there are several. */
export type Lowering = (e: Emitter, node: Node) => Ssa | readonly Ssa[];

/** Lowerings by operation name. */
export type Lowerings = Readonly<Record<string, Lowering>>;

/** The shape of the first output. */
export const outputShape = (node: Node): readonly number[] => node.outputs[0]!.shape;

/** All inputs as operands. */
export const operands = (node: Node): Ssa[] => node.inputs.map((_, i) => node.operand(i));

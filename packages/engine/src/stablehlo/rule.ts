/** A rule gives the StableHLO for one operation of the graph. */

import type { Call } from "../graph/shapes/rule";
import type { Emitter, Ssa } from "./emitter";
import type { TensorType } from "./types";

/**
 * A node to write. A rule reads axes, shapes and other constant inputs from `inputs` (see `constantInts`), and takes the
 * tensors of the computation with `operand`, which writes a constant at its first use.
 */
export interface Node extends Call {
  readonly operand: (index: number) => Ssa;
  /** Types of the outputs, as they were inferred while recording. */
  readonly outputs: readonly TensorType[];
}

/** Writes an operation and returns its output, or its outputs if there are several. */
export type HloRule = (e: Emitter, node: Node) => Ssa | readonly Ssa[];

/** Rules by the name of the operation. */
export type HloRules = Readonly<Record<string, HloRule>>;

/** The shape of the first output. */
export const outputShape = (node: Node): readonly number[] => node.outputs[0]!.shape;

/** All inputs as operands. */
export const operands = (node: Node): Ssa[] => node.inputs.map((_, i) => node.operand(i));

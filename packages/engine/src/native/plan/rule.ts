/** What a lowering to native programs is: one operation of a graph as loops over views. */
import type { GraphNode, Shape } from "../../graph/graph";
import type { Call } from "../../graph/shapes/rule";
import { NotNative } from "../not-native";
import type { NativeType } from "./memory";
import type { Planner, Source } from "./planner";

/** A node and what stands for its inputs. */
export interface Known extends GraphNode {
  readonly sources: readonly Source[];
  /** Whether the first input was a bfloat16 before it was cast, so that a result needs no more digits than that has. */
  readonly short: boolean;
}

export type Lowering = (planner: Planner, node: Known) => Source | readonly Source[];

/** Lowerings by operation name. */
export type Lowerings = Readonly<Record<string, Lowering>>;

/** A node as shape rules read it. */
export const asCall = (node: GraphNode): Call => ({ ...node, numOutputs: node.outputs.length });
export const outputShape = (node: GraphNode): Shape => node.outputs[0]!.shape;

/** The type of an output. @throws NotNative for types that native programs do not compute with */
export function nativeType(dtype: string): NativeType {
  if (dtype === "float32" || dtype === "bfloat16" || dtype === "int32" || dtype === "bool") return dtype;
  throw new NotNative(`it computes with ${dtype}`);
}

export const outputType = (node: GraphNode): NativeType => nativeType(node.outputs[0]!.dtype);

/** Native rules: each plans one operation of a graph. */
import type { GraphNode, Shape } from "../../graph/graph";
import type { Call } from "../../graph/shapes/rule";
import { NotNative } from "../not-native";
import type { NativeType } from "./memory";
import type { Planner, Source } from "./planner";

/** A node with the sources of its inputs. */
export interface PlannedNode extends GraphNode {
  readonly sources: readonly Source[];
  /** True if the first input is cast from bfloat16, so that a result needs the precision of bfloat16 only. */
  readonly fromBf16: boolean;
}

export type NativeRule = (planner: Planner, node: PlannedNode) => Source | readonly Source[];

/** Rules by the name of the operation. */
export type NativeRules = Readonly<Record<string, NativeRule>>;

/** A node in the form that shape rules take. */
export const asCall = (node: GraphNode): Call => ({ ...node, numOutputs: node.outputs.length });
export const outputShape = (node: GraphNode): Shape => node.outputs[0]!.shape;

/** Checks the type of an output. @throws NotNative for types that native programs do not support */
export function nativeType(dtype: string): NativeType {
  if (dtype === "float32" || dtype === "bfloat16" || dtype === "int32" || dtype === "bool") return dtype;
  throw new NotNative(`it computes with ${dtype}`);
}

export const outputType = (node: GraphNode): NativeType => nativeType(node.outputs[0]!.dtype);

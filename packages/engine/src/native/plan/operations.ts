/** The table of native rules: one entry for each operation of a graph that native programs support. */
import { sameShape } from "../../graph/graph";
import { NotNative } from "../not-native";
import { assembly } from "./assemble";
import { expressionOf } from "./elementwise";
import { reshaped } from "./memory";
import type { PartialSums, Planner, Source } from "./planner";
import { product } from "./products";
import { reductions } from "./reductions";
import { type NativeRule, type NativeRules, outputShape, outputType, type PlannedNode } from "./rule";
import { views } from "./views";

/** The sources of the outputs of a node. @throws NotNative if no rule supports it */
export function lowerNode(planner: Planner, node: PlannedNode): readonly Source[] {
  const rule = rules[node.op] ?? elementwise;
  const made = rule(planner, node);
  return "kind" in made ? [made] : made;
}

const elementwise: NativeRule = (planner, node) => {
  const expression = expressionOf(node, node.sources, node.fromBf16);
  if (expression === undefined) throw new NotNative(`it uses ${node.op}`);
  const [first, second, third] = node.sources;
  if (
    node.op === "Add" &&
    first?.kind === "sums" &&
    second?.kind === "sums" &&
    sameShape(first.shape, second.shape)
  ) {
    return bothSums(first, second);
  }
  if (node.op === "Cast" && first?.kind === "sums") return { ...first, dtype: outputType(node) };
  // A vector of conditions selects rows.
  if (node.op === "Select" && first?.kind === "view" && first.view.shape.length === 1) {
    const shape = outputShape(node).map((_, axis) => (axis === 0 ? first.view.shape[0]! : 1));
    const rows: Source = { ...first, view: reshaped(first.view, shape)! };
    return planner.map(outputShape(node), outputType(node), expression, [rows, second!, third!]);
  }
  return planner.map(outputShape(node), outputType(node), expression, node.sources);
};

const bothSums = (a: PartialSums, b: PartialSums): PartialSums => ({
  ...a,
  phase: Math.max(a.phase, b.phase),
  terms: [...a.terms, ...b.terms],
});

const rules: NativeRules = {
  ...views,
  ...assembly,
  ...reductions,
  MatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
};

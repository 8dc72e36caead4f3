/** The operations of a graph as loops over views: one entry for each operation that native programs know. */
import { sameShape } from "../../graph/graph";
import { NotNative } from "../not-native";
import { layouts } from "./assemble";
import { expressionOf } from "./elementwise";
import { reshaped } from "./memory";
import type { PartialSums, Planner, Source } from "./planner";
import { product } from "./products";
import { reductions } from "./reductions";
import { type Known, type Lowering, type Lowerings, outputShape, outputType } from "./rule";
import { looks } from "./views";

/** What stands for the outputs of a node. @throws NotNative where nothing here computes it */
export function lowerNode(planner: Planner, node: Known): readonly Source[] {
  const lowering = lowerings[node.op] ?? elementwise;
  const made = lowering(planner, node);
  return "kind" in made ? [made] : made;
}

const elementwise: Lowering = (planner, node) => {
  const expression = expressionOf(node, node.sources, node.short);
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
  // A vector of conditions chooses rows.
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
  parts: [...a.parts, ...b.parts],
});

const lowerings: Lowerings = {
  ...looks,
  ...layouts,
  ...reductions,
  MatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
};

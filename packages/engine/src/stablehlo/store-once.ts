/** A pass for devices that compute faster than they read memory. */
import { type Attributes, type Graph, type GraphNode, producers, sizeOf, type Value } from "../graph/graph";
import { rewrite } from "../graph/passes/rewrite";

/** Elements from which a value is stored in bfloat16 only; losses and metrics are smaller and keep float32. */
const smallest = 4096;

/**
 * If a product reads a float32 tensor as bfloat16, all other readers of the tensor read the rounded numbers too, cast back to
 * float32. So only the bfloat16 tensor, of half the size, is written to memory. Arithmetic stays in float32, inside of
 * the compiler's fused loops.
 *
 * Only results of nodes are stored this way: weights and other parameters keep float32.
 */
export function storeOnce(graph: Graph): Graph {
  const makers = producers(graph);
  const narrowed = new Set<Value>();
  for (const node of graph.nodes) {
    if (!isNarrowing(node)) continue;
    const origin = originOf(node.inputs[0]!, makers);
    if (makers.has(origin) && sizeOf(origin.shape) >= smallest) narrowed.add(origin);
  }
  /** The stored value, by the widened value that replaces it. */
  const stored = new Map<Value, Value>();

  return rewrite(graph, (node, editor) => {
    const store = (short: Value): Value => {
      const wide = editor.add("Cast", to("float32"), [short])[0]!;
      stored.set(wide, short);
      return wide;
    };
    const short = stored.get(node.inputs[0]!);
    if (short !== undefined && isNarrowing(node)) return [short];
    // A rearranged value stays bfloat16.
    if (short !== undefined && moves.has(node.op)) {
      return [store(editor.add(node.op, node.attributes, [short, ...node.inputs.slice(1)])[0]!)];
    }
    return editor
      .keep(node)
      .map((output) =>
        narrowed.has(output) ? store(editor.add("Cast", to("bfloat16"), [output])[0]!) : output,
      );
  });
}

/** Operations that only rearrange their first input. */
const moves = new Set(["Reshape", "ExpandDims", "Transpose", "Identity"]);

/** Source of the numbers of a value, before they were rearranged. */
function originOf(value: Value, makers: ReadonlyMap<Value, GraphNode>): Value {
  const maker = makers.get(value);
  return maker !== undefined && moves.has(maker.op) ? originOf(maker.inputs[0]!, makers) : value;
}

const to = (dtype: "bfloat16" | "float32"): Attributes => ({ DstT: { type: "dtype", value: dtype } });

function isNarrowing({ op, inputs, attributes }: GraphNode): boolean {
  return op === "Cast" && inputs[0]!.dtype === "float32" && attributes.DstT?.value === "bfloat16";
}

/** A pass for devices whose memory is slower than their arithmetic. */
import { type Attributes, type Graph, type GraphNode, producers, sizeOf, type Value } from "../graph/graph";
import { rewrite } from "../graph/passes/rewrite";

/** Smaller values cost nothing to keep in both types, and losses and metrics are among them. */
const smallest = 4096;

/**
 * Where products read a float32 tensor as bfloat16, all its other readers read the rounded numbers, too (widened again). So only
 * the half-sized tensor is ever written to memory: the residual stream, its gradients, the latents. Arithmetic stays in
 * float32, inside of the compiler's fused loops. The official code stores bfloat16 at the same places.
 *
 * Only what nodes make is stored so: weights and other parameters keep all their digits.
 */
export function storeOnce(graph: Graph): Graph {
  const makers = producers(graph);
  /** The outputs of casts to bfloat16, with where their numbers come from. */
  const origins = new Map<Value, Origin>();
  for (const node of graph.nodes) {
    if (!isNarrowing(node)) continue;
    const origin = originOf(node.inputs[0]!, makers);
    if (makers.has(origin.value) && sizeOf(origin.value.shape) >= smallest)
      origins.set(node.outputs[0]!, origin);
  }
  const narrowed = new Set(Array.from(origins.values(), ({ value }) => value));
  const stored = new Map<Value, Value>();

  return rewrite(graph, (node, editor) => {
    const origin = origins.get(node.outputs[0]!);
    if (origin !== undefined) {
      const moved = origin.moves.reduce(
        (value, { op, attributes, inputs }) => editor.add(op, attributes, [value, ...inputs.slice(1)])[0]!,
        stored.get(origin.value)!,
      );
      return [moved];
    }
    return editor.keep(node).map((output) => {
      if (!narrowed.has(output)) return output;
      const [short] = editor.add("Cast", to("bfloat16"), [output]);
      stored.set(output, short!);
      return editor.add("Cast", to("float32"), [short!])[0]!;
    });
  });
}

/** Operations that only rearrange their first input. */
const moves = new Set(["Reshape", "ExpandDims", "Transpose", "Identity"]);

/** A computed value, and how it was rearranged since. */
interface Origin {
  readonly value: Value;
  readonly moves: readonly GraphNode[];
}

function originOf(value: Value, makers: ReadonlyMap<Value, GraphNode>): Origin {
  const path: GraphNode[] = [];
  for (let at = value; ; at = path[0]!.inputs[0]!) {
    const maker = makers.get(at);
    if (maker === undefined || !moves.has(maker.op)) return { value: at, moves: path };
    path.unshift(maker);
  }
}

const to = (dtype: "bfloat16" | "float32"): Attributes => ({ DstT: { type: "dtype", value: dtype } });

function isNarrowing({ op, inputs, attributes }: GraphNode): boolean {
  return op === "Cast" && inputs[0]!.dtype === "float32" && attributes.DstT?.value === "bfloat16";
}

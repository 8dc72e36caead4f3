import { disposeTree, mapTree, type TensorTree, type tf } from "tfjs-compile";
import type { Model, ModelParams } from "trm/model";

/** Tensors by the names of the official PyTorch code, such as `inner.L_level.layers.0.mlp.down_proj.weight`. */
export type StateDict = { readonly [name: string]: tf.Tensor };

/** Official names for parts of the path of a leaf in our tree. */
const renamed: readonly (readonly [ours: RegExp, official: string])[] = [
  [/^weights\.embedding\.tokens$/, "embed_tokens.embedding_weight"],
  [/^weights\.embedding\.positions$/, "embed_pos.embedding_weight"],
  [/^weights\.outputHead$/, "lm_head.weight"],
  [/^weights\.qHead\.(weight|bias)$/, "q_head.$1"],
  [/^weights\.networks\.z\.(\d+)\.(.*)$/, "L_level.layers.$1.$2"],
  [/^weights\.networks\.y\.(\d+)\.(.*)$/, "H_level.layers.$1.$2"],
  [/^initialLatents\.y$/, "H_init"],
  [/^initialLatents\.z(\d*)$/, "L$1_init"],
  [/^puzzleEmbedding$/, "puzzle_emb.weights"],
  [/mixer\.qkv$/, "self_attn.qkv_proj.weight"],
  [/mixer\.out$/, "self_attn.o_proj.weight"],
  [/mixer\.gateUp$/, "mlp_t.gate_up_proj.weight"],
  [/mixer\.down$/, "mlp_t.down_proj.weight"],
  [/mlp\.gateUp$/, "mlp.gate_up_proj.weight"],
  [/mlp\.down$/, "mlp.down_proj.weight"],
];

/** The official name of a leaf: `weights.networks.z.0.mixer.qkv` -> `inner.L_level.layers.0.self_attn.qkv_proj.weight`. */
export function officialName(path: string): string {
  return `inner.${renamed.reduce((name, [ours, official]) => name.replace(ours, official), path)}`;
}

/** The state dictionary that official code would save; the tensors are shared, not copied. */
export function toStateDict(params: TensorTree): StateDict {
  const dict: Record<string, tf.Tensor> = {};
  mapTree(params, (tensor, path) => {
    dict[officialName(path)] = tensor;
    return tensor;
  });
  return dict;
}

/**
 * Parameters from an official state dictionary. The result owns copies of its tensors.
 * @throws Error naming the tensor that is missing, superfluous or of another shape
 */
export function fromStateDict(model: Model, dict: StateDict): ModelParams {
  const template = model.init({ normal: () => 0 });
  try {
    const wanted = toStateDict(template);
    for (const [name, { shape }] of Object.entries(wanted)) {
      const tensor = dict[name];
      if (!tensor) throw new Error(`the state dictionary has no "${name}", which this model needs`);
      if (tensor.shape.join() !== shape.join()) {
        throw new Error(
          `"${name}" is [${tensor.shape}] in the state dictionary, but [${shape}] in this model`,
        );
      }
    }
    const unknown = Object.keys(dict).find((name) => !(name in wanted));
    if (unknown) throw new Error(`the state dictionary has "${unknown}", for which this model has no place`);
    return mapTree(template, (_, path) => dict[officialName(path)].clone());
  } finally {
    disposeTree(template);
  }
}

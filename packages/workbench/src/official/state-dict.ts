import { disposeTree, mapTree, type TensorTree, type tf } from "tfjs-compile";
import type { Model, ModelParams } from "trm/model";
import { type ModelConfig, paperModel } from "trm/model";

/** Tensors by the names of the official PyTorch code, such as `inner.L_level.layers.0.mlp.down_proj.weight`. */
export type StateDict = { readonly [name: string]: tf.Tensor };

/** A model configuration in official names, as in `config/arch/trm.yaml` plus what the dataset adds. */
export interface OfficialArch {
  readonly seq_len: number;
  readonly vocab_size: number;
  readonly num_puzzle_identifiers: number;
  readonly puzzle_emb_ndim: number;
  readonly puzzle_emb_len?: number;
  readonly H_cycles: number;
  readonly L_cycles: number;
  readonly H_layers: number;
  readonly L_layers: number;
  readonly hidden_size: number;
  readonly expansion: number;
  readonly num_heads: number;
  readonly pos_encodings: string;
  readonly rms_norm_eps?: number;
  readonly rope_theta?: number;
  readonly halt_max_steps: number;
  readonly halt_exploration_prob: number;
  readonly mlp_t?: boolean;
  readonly no_ACT_continue?: boolean;
}

/** Differences between the official model files. */
const officialModels: Record<string, Pick<ModelConfig, "recursion" | "networks">> = {
  trm: { recursion: "full", networks: 1 },
  trm_dual: { recursion: "full", networks: 2 },
  trm_onestep: { recursion: "one-step", networks: 1 },
  trm_singlez: { recursion: "single-latent", networks: 1 },
  trm_hier6: { recursion: "many-latents", networks: 1 },
  hrm: { recursion: "one-step", networks: 2 },
};

/**
 * Our configuration for an official one.
 * @param kind the official model: trm, trm_dual, trm_onestep, trm_singlez, trm_hier6 or hrm
 * @throws RangeError naming the kind or field that has no counterpart here
 */
export function fromOfficialArch(kind: string, arch: OfficialArch): ModelConfig {
  const variant = officialModels[kind];
  if (!variant) {
    throw new RangeError(`no model kind "${kind}" here; there are ${Object.keys(officialModels).join(", ")}`);
  }
  if (variant.networks === 2 && arch.H_layers !== arch.L_layers) {
    throw new RangeError(
      `arch.H_layers is ${arch.H_layers} and arch.L_layers ${arch.L_layers}; they must be equal`,
    );
  }
  const positions = arch.pos_encodings;
  return {
    vocabSize: arch.vocab_size,
    seqLen: arch.seq_len,
    numPuzzleIdentifiers: arch.num_puzzle_identifiers,
    hiddenSize: arch.hidden_size,
    layers: arch.L_layers,
    mixer: arch.mlp_t ? "mlp" : "attention",
    heads: arch.num_heads,
    expansion: arch.expansion,
    widthMultiple: 256,
    experts: 1,
    expertsPerToken: 1,
    expertBalance: paperModel.expertBalance,
    positions: positions === "rope" || positions === "learned" ? positions : "none",
    ropeTheta: arch.rope_theta ?? 10_000,
    normEpsilon: arch.rms_norm_eps ?? 1e-5,
    puzzleEmbSize: arch.puzzle_emb_ndim,
    // HRM has no such field and always uses as many tokens as the embedding needs.
    puzzleEmbLen: arch.puzzle_emb_len ?? (kind === "hrm" ? 0 : 16),
    ...variant,
    n: arch.L_cycles,
    T: arch.H_cycles,
    supervisionSteps: arch.halt_max_steps,
    exploration: arch.halt_exploration_prob,
    halting: kind === "hrm" || arch.no_ACT_continue === false ? "continue" : "halt",
  };
}

/** Official names of the leaves of our tree: the rules that differ by more than a prefix. */
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

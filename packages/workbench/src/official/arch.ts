import { datasetFields, type ModelConfig, type ModelSettings, modelFields, paperModel } from "trm/model";
import { readOfficial } from "./fields";
import type { Plain } from "./yaml";

/** Settings by which the official model files differ from each other. */
const officialModels: Record<string, Pick<ModelSettings, "recursion" | "networks">> = {
  trm: { recursion: "full", networks: 1 },
  trm_dual: { recursion: "full", networks: 2 },
  trm_onestep: { recursion: "one-step", networks: 1 },
  trm_singlez: { recursion: "single-latent", networks: 1 },
  trm_hier6: { recursion: "many-latents", networks: 1 },
  hrm: { recursion: "one-step", networks: 2 },
  // The name in HRM's own repository.
  hrm_act_v1: { recursion: "one-step", networks: 2 },
};

/** The official `arch.name` of a model: `recursive_reasoning.FILE@CLASS`. A recursion of our own gets the paper's. */
export function officialModelName({ recursion, networks }: ModelSettings): string {
  const kind =
    Object.keys(officialModels).find(
      (kind) => officialModels[kind].recursion === recursion && officialModels[kind].networks === networks,
    ) ?? (networks === 2 ? "trm_dual" : "trm");
  const name = kind === "hrm" ? "HierarchicalReasoningModel" : "TinyRecursiveReasoningModel";
  return `recursive_reasoning.${kind}@${name}_ACTV1`;
}

/** True for HRM, whose files lack what TRM has added. */
export const isHrm = (kind: string): boolean => kind.startsWith("hrm");

/**
 * Our settings for an official `arch` section.
 * @param kind the official model: trm, trm_dual, trm_onestep, trm_singlez, trm_hier6 or hrm
 * @throws RangeError naming the kind or field that has no counterpart here
 */
export function settingsFromArch(kind: string, arch: Plain): ModelSettings {
  const variant = officialModels[kind];
  if (!variant) {
    throw new RangeError(`no model kind "${kind}" here; there are ${Object.keys(officialModels).join(", ")}`);
  }
  // HRM has no puzzle_emb_len: its embedding takes as many tokens as it needs. Nor can its Q-learning be switched off.
  const [defaults, fixed] = isHrm(kind)
    ? ([{ puzzleEmbLen: 0 }, { halting: "continue" }] as const)
    : [{}, {}];
  const other = variant.networks === 2 && arch.H_layers !== arch.L_layers;
  const depth = { answerLayers: other ? (arch.H_layers as number) : null };
  return {
    ...paperModel,
    ...defaults,
    ...readOfficial(modelFields, { arch }),
    ...variant,
    ...depth,
    ...fixed,
  };
}

/**
 * Our configuration for an official `arch` section with what its dataset adds: `vocab_size`, `seq_len` and
 * `num_puzzle_identifiers`.
 * @throws RangeError as {@link settingsFromArch}
 */
export function fromOfficialArch(kind: string, arch: Plain): ModelConfig {
  const dataset = readOfficial(datasetFields, { arch }) as Pick<ModelConfig, keyof typeof datasetFields>;
  return { ...dataset, ...settingsFromArch(kind, arch) };
}

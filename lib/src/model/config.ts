import { type ConfigOf, checkFields, defaultsOf } from "../fields";
import { datasetFields, modelFields } from "./fields";

/** A model without what its dataset decides. Names follow the paper. */
export interface ModelSettings extends ConfigOf<typeof modelFields> {}

/** Everything that determines a model's architecture, as plain data, so that a run can be hashed and stored. */
export interface ModelConfig extends ModelSettings, ConfigOf<typeof datasetFields> {}

/** The paper's settings (config/arch/trm.yaml). */
export const paperModel: ModelSettings = defaultsOf(modelFields);

/** HRM in place of the paper's choices: two networks of 4 layers, its gradient, its halting (config/arch/hrm.yaml). */
export const hrmModel = {
  layers: 4,
  recursion: "one-step",
  networks: 2,
  n: 2,
  T: 2,
  halting: "continue",
} as const satisfies Partial<ModelSettings>;

/** Sequence length inside the network: the puzzle-embedding tokens stand before the puzzle's own. */
export function contextLength(config: ModelConfig): number {
  return puzzleTokens(config) + config.seqLen;
}

/** Tokens that the puzzle embedding takes: its configured length, or its size divided by D, rounded up. */
export function puzzleTokens({ puzzleEmbLen, puzzleEmbSize, hiddenSize }: ModelSettings): number {
  return puzzleEmbLen > 0 ? puzzleEmbLen : Math.ceil(puzzleEmbSize / hiddenSize);
}

/**
 * Checks that a model can be built.
 * @throws RangeError naming the field and the values it may take
 */
export function checkModelConfig(config: ModelConfig): void {
  checkFields("model", datasetFields, config);
  checkFields("model", modelFields, config);
  checkModelRules(config);
  const { mixer, positions, seqLen } = config;
  const needsGrid = positions === "row-column" || (mixer === "attention" && positions === "rope-2d");
  if (needsGrid && !Number.isInteger(Math.sqrt(seqLen))) {
    throw new RangeError(`model.positions is "${positions}", which needs a square grid, not ${seqLen} cells`);
  }
}

/** A configuration with other settings. @throws RangeError as {@link checkModelConfig} */
export function changedConfig(config: ModelConfig, changes: Partial<ModelConfig>): ModelConfig {
  const changed = { ...config, ...changes };
  checkModelConfig(changed);
  return changed;
}

/**
 * Checks that settings fit together, each of which is valid by itself.
 * @throws RangeError naming the field and the values it may take
 */
export function checkModelRules(config: ModelSettings): void {
  const { experts, expertsPerToken, hiddenSize, puzzleEmbSize, puzzleEmbLen } = config;
  if (expertsPerToken > experts) {
    throw new RangeError(
      `model.expertsPerToken is ${expertsPerToken}; it must be at most model.experts, which is ${experts}`,
    );
  }
  checkRecursion(config);
  if (config.mixer === "attention") checkHeads(config);
  const tokens = puzzleTokens(config);
  if (puzzleEmbSize > tokens * hiddenSize) {
    throw new RangeError(
      `model.puzzleEmbSize is ${puzzleEmbSize}, but ${tokens} tokens of ${hiddenSize} hold only ${tokens * hiddenSize}`,
    );
  }
  if (puzzleEmbSize === 0 && puzzleEmbLen > 0) {
    throw new RangeError("model.puzzleEmbLen needs a puzzleEmbSize above 0 to fill its tokens");
  }
}

function checkHeads({ heads, hiddenSize, positions }: ModelSettings): void {
  if (hiddenSize % heads !== 0) {
    throw new RangeError(`model.heads is ${heads}; it must divide model.hiddenSize, which is ${hiddenSize}`);
  }
  const multiple = { rope: 2, "rope-2d": 4, "row-column": 1, learned: 1, none: 1 }[positions];
  if ((hiddenSize / heads) % multiple !== 0) {
    throw new RangeError(
      `model.heads is ${heads}; ${positions} needs a width per head that ${multiple} divides, not ${hiddenSize / heads}`,
    );
  }
}

/** Refuses settings that the recursion would ignore. */
function checkRecursion(config: ModelSettings): void {
  const { recursion, networks, n, T, gradientRecursions, answerLayers } = config;
  if (networks === 1 && answerLayers !== null) {
    throw new RangeError(`model.answerLayers is ${answerLayers}, but model.networks is 1; it must be null`);
  }
  if (gradientRecursions > T) {
    throw new RangeError(
      `model.gradientRecursions is ${gradientRecursions}; it must be at most model.T, which is ${T}`,
    );
  }
  if (networks === 2 && (recursion === "single-latent" || recursion === "direct")) {
    throw new RangeError(
      `model.networks is 2, but model.recursion "${recursion}" has only one latent to update; it must be 1`,
    );
  }
  if (recursion === "direct" && (n !== 1 || T !== 1)) {
    throw new RangeError(
      `model.n is ${n} and model.T is ${T}, but model.recursion "direct" does not recurse; both must be 1`,
    );
  }
}

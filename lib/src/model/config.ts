/**
 * Everything that determines a model's architecture, as plain data (so that a run can be hashed and stored).
 * Names follow the paper; the official configuration's name stands in brackets where it differs.
 */
export interface ModelConfig {
  // The puzzle, as the dataset gives it.
  /** Number of different tokens, padding included. */
  readonly vocabSize: number;
  /** Tokens per puzzle: 81 for a 9x9 Sudoku, 900 for a 30x30 maze. [seq_len] */
  readonly seqLen: number;
  /** Rows of the puzzle-embedding table: 1 for Sudoku and mazes, one per task and augmentation for ARC. */
  readonly numPuzzleIdentifiers: number;

  // The network: one tiny stack of blocks, used again and again.
  /** Width D of x, y and z. [hidden_size] */
  readonly hiddenSize: number;
  /** Blocks in the network; the paper's finding is that 2 generalise better than 4. [L_layers] */
  readonly layers: number;
  /** How cells see each other: self-attention, or an MLP over the sequence (best on small fixed grids). [mlp_t] */
  readonly mixer: "attention" | "mlp";
  /** Attention heads. [num_heads] */
  readonly heads: number;
  /** SwiGLU width: expansion * D * 2/3, rounded up to a multiple of `widthMultiple`. */
  readonly expansion: number;
  /** 256 in the official code, whose networks are 512 wide; small ones waste most of their arithmetic on that. */
  readonly widthMultiple: number;
  /** SwiGLUs to choose from in each block's feed-forward layer: 1 is the paper's, more a mixture of experts. */
  readonly experts: number;
  /** Of those, how many compute each cell. */
  readonly expertsPerToken: number;
  /** Weight in the loss of using all experts alike; 0.01 in the Switch Transformer. */
  readonly expertBalance: number;
  /** Position information for attention; the MLP mixer needs none. [pos_encodings] */
  readonly positions: "rope" | "learned" | "none";
  /** Base of the rotary positions: pair i of a head turns by theta^(-2i/d) per cell. [rope_theta] */
  readonly ropeTheta: number;
  /** Added to the mean square before the root. [rms_norm_eps] */
  readonly normEpsilon: number;

  // Puzzle embedding: what is particular to one puzzle identifier, prepended as extra tokens.
  /** Numbers stored per identifier, 0 for no puzzle embedding. [puzzle_emb_ndim] */
  readonly puzzleEmbSize: number;
  /** Tokens it takes in the sequence; 0 means as many as its size needs. [puzzle_emb_len] */
  readonly puzzleEmbLen: number;

  // The recursion.
  /** Which recursion updates the latents; see `recursion.ts` and `recursions.ts`. */
  readonly recursion: "full" | "one-step" | "single-latent" | "many-latents" | "direct";
  /** One network for z and y (the paper's), or one each (as HRM). */
  readonly networks: 1 | 2;
  /** Updates of z before each update of y. [L_cycles] */
  readonly n: number;
  /** Latent recursions per supervision step; gradients flow through the last only. [H_cycles] */
  readonly T: number;

  // Deep supervision and halting.
  /** Most supervision steps spent on a puzzle, N_sup. [halt_max_steps] */
  readonly supervisionSteps: number;
  /** Share of puzzles made to think longer than they want to. [halt_exploration_prob] */
  readonly exploration: number;
  /** "halt": stop when q_halt > 0; "continue": Q-learning as in HRM, one more forward pass; "never": always N_sup steps. [no_ACT_continue] */
  readonly halting: "halt" | "continue" | "never";
}

/** The paper's defaults (config/arch/trm.yaml), without what the dataset decides. */
export const paperModel = {
  hiddenSize: 512,
  layers: 2,
  mixer: "attention",
  heads: 8,
  expansion: 4,
  widthMultiple: 256,
  experts: 1,
  expertsPerToken: 1,
  expertBalance: 0.01,
  positions: "rope",
  ropeTheta: 10_000,
  normEpsilon: 1e-5,
  puzzleEmbSize: 512,
  puzzleEmbLen: 16,
  recursion: "full",
  networks: 1,
  n: 6,
  T: 3,
  supervisionSteps: 16,
  exploration: 0.1,
  halting: "halt",
} as const satisfies Partial<ModelConfig>;

/** What HRM has in the place of the paper's choices: two networks of 4 layers, its gradient, its halting (config/arch/hrm.yaml). */
export const hrmModel = {
  layers: 4,
  recursion: "one-step",
  networks: 2,
  n: 2,
  T: 2,
  halting: "continue",
} as const satisfies Partial<ModelConfig>;

/** Sequence length inside the network: the puzzle-embedding tokens stand before the puzzle's own. */
export function contextLength(config: ModelConfig): number {
  return puzzleTokens(config) + config.seqLen;
}

/** Tokens that the puzzle embedding takes: its configured length, or its size divided by D, rounded up. */
export function puzzleTokens(config: ModelConfig): number {
  return config.puzzleEmbLen > 0 ? config.puzzleEmbLen : Math.ceil(config.puzzleEmbSize / config.hiddenSize);
}

/**
 * Refuses a configuration that no model can be built from.
 * @throws RangeError naming the field and the values it may take
 */
export function checkModelConfig(config: ModelConfig): void {
  const counts = [
    "vocabSize",
    "seqLen",
    "hiddenSize",
    "layers",
    "widthMultiple",
    "experts",
    "expertsPerToken",
    "n",
    "T",
    "supervisionSteps",
  ] as const;
  for (const field of counts) {
    const value = config[field];
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`model.${field} is ${value}; it must be a whole number of at least 1`);
    }
  }
  if (config.expertsPerToken > config.experts) {
    throw new RangeError(
      `model.expertsPerToken is ${config.expertsPerToken}; it must be at most model.experts, which is ${config.experts}`,
    );
  }
  if (!(config.expertBalance >= 0 && Number.isFinite(config.expertBalance))) {
    throw new RangeError(`model.expertBalance is ${config.expertBalance}; it must be a number of at least 0`);
  }
  checkRecursion(config);
  if (config.mixer === "attention") {
    const { heads, hiddenSize } = config;
    if (!Number.isInteger(heads) || heads < 1 || hiddenSize % heads !== 0) {
      throw new RangeError(
        `model.heads is ${heads}; it must divide model.hiddenSize, which is ${hiddenSize}`,
      );
    }
    if (config.positions === "rope" && (hiddenSize / heads) % 2 !== 0) {
      throw new RangeError(
        `model.heads is ${heads}; rope needs an even width per head, not ${hiddenSize / heads}`,
      );
    }
  }
  const room = puzzleTokens(config) * config.hiddenSize;
  if (config.puzzleEmbSize > room) {
    throw new RangeError(
      `model.puzzleEmbSize is ${config.puzzleEmbSize}, but ${puzzleTokens(config)} tokens of ${config.hiddenSize} hold only ${room}`,
    );
  }
  if (config.puzzleEmbSize === 0 && config.puzzleEmbLen > 0) {
    throw new RangeError("model.puzzleEmbLen needs a puzzleEmbSize above 0 to fill its tokens");
  }
  if (!(config.exploration >= 0 && config.exploration <= 1)) {
    throw new RangeError(`model.exploration is ${config.exploration}; it is a probability between 0 and 1`);
  }
}

/** Refuses what a recursion would pass over in silence. */
function checkRecursion({ recursion, networks, n, T }: ModelConfig): void {
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

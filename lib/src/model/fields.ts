import { type Fields, field, flag, integer, number, oneOf, orNull } from "../fields";

/** Fields of a model that its dataset decides. */
export const datasetFields = {
  /** Number of different tokens, padding included. */
  vocabSize: integer({ atLeast: 1, official: "arch.vocab_size" }),
  /** Tokens per puzzle: 81 for a 9x9 Sudoku, 900 for a 30x30 maze. */
  seqLen: integer({ atLeast: 1, official: "arch.seq_len" }),
  /** Rows of the puzzle-embedding table: 1 for Sudoku and mazes, one per task and augmentation for ARC. */
  numPuzzleIdentifiers: integer({ atLeast: 1, official: "arch.num_puzzle_identifiers" }),
} as const satisfies Fields;

const positionKinds = ["rope", "rope-2d", "learned", "row-column", "none"] as const;

/** Fields of a model that its user decides. Defaults are the paper's (config/arch/trm.yaml). */
export const modelFields = {
  // The network: one small stack of blocks, applied many times.
  /** Width D of x, y and z. */
  hiddenSize: integer({ default: 512, atLeast: 1, official: "arch.hidden_size" }),
  /** Blocks in the network; the paper's finding is that 2 generalise better than 4. */
  layers: integer({ default: 2, atLeast: 1, official: "arch.L_layers" }),
  /** Mixing of information between cells: self-attention, or an MLP over the sequence (best on small fixed grids). */
  mixer: oneOf(["attention", "mlp"], {
    default: "attention",
    official: {
      name: "arch.mlp_t",
      optional: true,
      read: (mlp) => (mlp ? "mlp" : "attention"),
      write: (mixer) => mixer === "mlp",
    },
  }),
  /** Attention heads. */
  heads: integer({ default: 8, atLeast: 1, official: "arch.num_heads" }),
  /** SwiGLU width: expansion * D * 2/3, rounded up to a multiple of `widthMultiple`. */
  expansion: number({ default: 4, above: 0, official: "arch.expansion" }),
  /** SwiGLU widths are multiples of it. 256 in the official code, for networks of width 512; small networks need less. */
  widthMultiple: integer({ default: 256, atLeast: 1 }),
  /** SwiGLUs in each block's feed-forward layer: 1 in the paper, more for a mixture of experts. */
  experts: integer({ default: 1, atLeast: 1 }),
  /** Experts that compute each cell. */
  expertsPerToken: integer({ default: 1, atLeast: 1 }),
  /** Weight in the loss of using all experts alike; 0.01 in the Switch Transformer. */
  expertBalance: number({ default: 0.01, atLeast: 0 }),
  /** RMSNorm of what attention mixes, before its output projection; the paper has none. */
  attentionNorm: flag({ default: false }),
  /** Position information for attention; the MLP mixer needs none. "rope-2d" turns half of the pairs by the row, half by the column; "row-column" learns a vector for each row and each column. */
  positions: oneOf(positionKinds, {
    default: "rope",
    official: {
      name: "arch.pos_encodings",
      // The official code knows "rope" and "learned" and has no positions for any other word; the others are ours.
      read: (positions) => positionKinds.find((kind) => kind === positions) ?? "none",
    },
  }),
  /** Base of the rotary positions: pair i of a head turns by theta^(-2i/d) per cell. */
  ropeTheta: number({ default: 10_000, above: 0, official: { name: "arch.rope_theta", optional: true } }),
  /** Added to the mean square before the root, in RMSNorm. */
  normEpsilon: number({ default: 1e-5, above: 0, official: { name: "arch.rms_norm_eps", optional: true } }),

  // The puzzle embedding: one learned vector per puzzle identifier, put before the puzzle as extra tokens.
  /** Numbers stored per identifier; 0 means no puzzle embedding. */
  puzzleEmbSize: integer({ default: 512, atLeast: 0, official: "arch.puzzle_emb_ndim" }),
  /** Tokens of the puzzle embedding in the sequence; 0 means as many as its size needs. */
  puzzleEmbLen: integer({
    default: 16,
    atLeast: 0,
    official: { name: "arch.puzzle_emb_len", optional: true },
  }),

  // The recursion.
  /** Rule that updates the latents: the paper's ("full"), or one of its ablations. */
  recursion: oneOf(["full", "one-step", "single-latent", "many-latents", "direct"], { default: "full" }),
  /** One network for z and y (the paper's), or one each (as HRM). */
  networks: field<1 | 2>("1 or 2", (value) => value === 1 || value === 2, { default: 1 }),
  /** Blocks in y's network, where there are two; null is as many as `layers`. */
  answerLayers: orNull(integer({ atLeast: 1 })),
  /** Updates of z before each update of y. */
  n: integer({ default: 6, atLeast: 1, official: "arch.L_cycles" }),
  /** Latent recursions per supervision step; gradients flow through the last ones only. */
  T: integer({ default: 3, atLeast: 1, official: "arch.H_cycles" }),
  /** Latent recursions, counted from the last, that gradients flow through: 1 in the paper, at most T. */
  gradientRecursions: integer({ default: 1, atLeast: 1 }),

  // Deep supervision and halting.
  /** Supervision steps per puzzle at most, N_sup. */
  supervisionSteps: integer({ default: 16, atLeast: 1, official: "arch.halt_max_steps" }),
  /** Share of puzzles that must go on for a random number of steps before they may halt. */
  exploration: number({ default: 0.1, atLeast: 0, atMost: 1, official: "arch.halt_exploration_prob" }),
  /** "halt": stop when q_halt > 0; "continue": Q-learning as in HRM, one more forward pass; "never": always N_sup steps. */
  halting: oneOf(["halt", "continue", "never"], {
    default: "halt",
    official: {
      name: "arch.no_ACT_continue",
      optional: true,
      read: (noContinue) => (noContinue === false ? "continue" : "halt"),
      write: (halting) => halting !== "continue",
    },
  }),
} as const satisfies Fields;

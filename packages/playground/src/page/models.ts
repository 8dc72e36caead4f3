import type { Box } from "trm/puzzles";
import type { LiveSettings, ShippedModel, TrainableModel } from "../protocol";

/** What the page must know of a model before its worker has loaded it. */
export interface ModelFacts {
  readonly name: string;
  readonly box: Box;
  /** Its own numbers of the three loops. */
  readonly n: number;
  readonly T: number;
  readonly steps: number;
  /** Clues of a random puzzle; undefined: as few as leave one solution. */
  readonly clues?: number;
  /** Puzzles of the list, which the model has not been trained on. */
  readonly puzzles: readonly string[];
}

// The first ones take the model more than a step.
const minimal6x6 = [
  "1.64.....1.62.43......2..4....3.....",
  "..4...1..24.53....2.1......16....5..",
  "..4...3.......5.......142...3..1...2",
  ".532.........2.3....6...6..4.52.....",
  ".3...4.6.....56.3.....4...56.......1",
  "4....1.6..43......24.5....1.3......5",
  "...6.1..5.3.6..5...4.....3..6......4",
  "1.6......1...3.45..2.3....5.....3..4",
];
const newspaper9x9 = [
  "...2.15.7....9....2.....9615........7.8...19.3.49...2.8..43.7.69.71658..6....2359",
  "2.531..6...782..3....69472..8..4.597...789........68.....9..3..7.....6..643.7..89",
  "24..7835....5.9.2..86.3..1..1..4.7.3...39...4....815....4...83.6.8.5327..3......9",
  "5...4..3...286.57.74935.2..9.8..4...23...64..15.92....8.....1.....4.8..7.732..6..",
];
const minimal9x9 = [
  "...2.1..7....9..........96.5........7.8...1....49...2.8..43....9.7.6.8..6....235.",
  "2.53........8...3.....9472..8..4.597...78.........6......9..3..7.....6..64.....89",
  "24..7..5......9.2..86.3..1..1..4...3...39...4.....1.....4....3.6.8.5.2...3......9",
  "..3...69...28.15.....37.2......49...........51.9......49...7....7....43.8.......6",
];
const minimal4x4 = [".4..1.3...2....3", ".1.42....21.....", "3.4.........1..2"];

/** The three loops of each model whose weights this page has; scripts/site/playground.mjs reads them from the weights. */
declare const SHIPPED: { readonly [name in ShippedModel]?: Pick<ModelFacts, "n" | "T" | "steps"> };

/** Each model that may come with a page: its name, its puzzles and its random ones. */
export const named: Record<ShippedModel, Pick<ModelFacts, "name" | "box" | "clues" | "puzzles">> = {
  "4x4": { name: "4x4", box: [2, 2], puzzles: minimal4x4 },
  "6x6": { name: "6x6", box: [2, 3], puzzles: minimal6x6 },
  "9x9-newspaper": { name: "9x9, as in newspapers", box: [3, 3], clues: 34, puzzles: newspaper9x9 },
  "9x9-minimal": { name: "9x9, few clues", box: [3, 3], puzzles: minimal9x9 },
};

/** The models that come with this page. */
export const shipped: { readonly [name in ShippedModel]?: ModelFacts } = Object.fromEntries(
  Object.entries(typeof SHIPPED === "undefined" ? {} : SHIPPED).map(([name, numbers]) => [
    name,
    { ...named[name as ShippedModel], ...numbers },
  ]),
);

/** What can be trained here; a test compares these numbers with the configurations. */
export const trainable: Record<TrainableModel, ModelFacts & { readonly own: LiveSettings }> = {
  "4x4": {
    name: "4x4",
    box: [2, 2],
    n: 2,
    T: 2,
    steps: 4,
    puzzles: minimal4x4,
    own: { learningRate: 4e-3, ema: 0.98, supervisionSteps: 4, latents: 2 },
  },
  "6x6": {
    name: "6x6",
    box: [2, 3],
    n: 2,
    T: 2,
    steps: 8,
    puzzles: minimal6x6,
    own: { learningRate: 4e-3, ema: 0.99, supervisionSteps: 8, latents: 2 },
  },
};

import type { LiveSettings, ShippedModel, TrainableModel } from "../protocol";
import { maze } from "./mazes";
import { type Kind, sudoku } from "./puzzles";

/** What the page must know of a model before its worker has loaded it. */
export interface ModelFacts {
  readonly name: string;
  readonly kind: Kind;
  /** Its own numbers of the three loops. */
  readonly n: number;
  readonly T: number;
  readonly steps: number;
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
// 34 clues, as the model has learnt them; the last three have 23 to 25.
const mixed9x9 = [
  "...8.732..3.29..6..2.635948.63.....4..9.68..5..24536..3...1.....7..8..9.......75.",
  ".....1..2..8.5.91.19.2.3.8..8...9.7....1...2.674...19876981..3...5........2.9.751",
  "5......6....41....46....8...3468152.2..53.4..1..2.4...34.16..5...5..9..8.2984.3..",
  ".7.....4363....8..825..9...45...67..1..784.3.....1..2..49...57.58.9.2.1..1.845...",
  "2.531..6...782..3....69472..8..4.597...789........68.....9..3..7.....6..643.7..89",
  "24..7..5......9.2..86.3..1..1..4...3...39...4.....1.....4....3.6.8.5.2...3......9",
  "4.1....5..791.........7..6..8..5....7.6.2.4....2..6..3..7..9..5......81..9..8....",
  "..3...69...28.15.....37.2......49...........51.9......49...7....7....43.8.......6",
];
const minimal4x4 = [".4..1.3...2....3", ".1.42....21.....", "3.4.........1..2"];

// Held-out ones. The first takes the model more than a step, the last two it does not solve.
const mazes7x7 = [
  "########.....##.#.####.#...##.###.##.S.#G########",
  "########.#...##.#.#.##...#S##.######....G########",
  "########.....####.#.##S#G#.##.###.##.....########",
  "########..S#G##.###.##.#...##.###.##.....########",
  "########G#...##.#.#S##.#.#.##.#.####.....########",
  "########....G##.######.#..S##.#.#.##...#.########",
  "########...#.##.#.#S##.#...##.######....G########",
];

/** The three loops of each model whose weights this page has; scripts/site/playground.mjs reads them from the weights. */
declare const SHIPPED: { readonly [name in ShippedModel]?: Pick<ModelFacts, "n" | "T" | "steps"> };

/** Each model that may come with a page: its name, its puzzles and its random ones. */
export const named: Record<ShippedModel, Pick<ModelFacts, "name" | "kind" | "puzzles">> = {
  "4x4": { name: "Sudoku 4x4", kind: sudoku([2, 2]), puzzles: minimal4x4 },
  "6x6": { name: "Sudoku 6x6", kind: sudoku([2, 3]), puzzles: minimal6x6 },
  "9x9": { name: "Sudoku 9x9", kind: sudoku([3, 3], 34), puzzles: mixed9x9 },
  maze: { name: "Maze 7x7", kind: maze(7), puzzles: mazes7x7 },
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
    kind: named["4x4"].kind,
    n: 2,
    T: 2,
    steps: 4,
    puzzles: minimal4x4,
    own: { learningRate: 4e-3, ema: 0.98, supervisionSteps: 4, latents: 2 },
  },
  "6x6": {
    name: "6x6",
    kind: named["6x6"].kind,
    n: 2,
    T: 2,
    steps: 8,
    puzzles: minimal6x6,
    own: { learningRate: 4e-3, ema: 0.99, supervisionSteps: 8, latents: 2 },
  },
};

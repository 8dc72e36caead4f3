import type { Dataset } from "trm/batches";
import { createRandom } from "trm/random";

/** The puzzle identifiers that a model gets in an evaluation. */
export type IdentifierChoice = "own" | "blank" | "shuffled";

/** The identifier of each example. */
export function identifiersOf({ puzzleIdentifiers, puzzleIndices }: Dataset): Int32Array {
  const identifiers = new Int32Array(puzzleIndices[puzzleIdentifiers.length]);
  puzzleIdentifiers.forEach((identifier, puzzle) => {
    identifiers.fill(identifier, puzzleIndices[puzzle], puzzleIndices[puzzle + 1]);
  });
  return identifiers;
}

/** The same puzzles under the blank identifier, or each under that of another one: what is an embedding worth? */
export function withIdentifiers(dataset: Dataset, which: IdentifierChoice): Dataset {
  const { puzzleIdentifiers, blankIdentifierId } = dataset;
  if (which === "own") return dataset;
  if (which === "blank") {
    return {
      ...dataset,
      puzzleIdentifiers: new Int32Array(puzzleIdentifiers.length).fill(blankIdentifierId),
    };
  }
  const used = createRandom(0).shuffle([...new Set(puzzleIdentifiers)]);
  const next = new Map(used.map((identifier, i) => [identifier, used[(i + 1) % used.length]]));
  return {
    ...dataset,
    puzzleIdentifiers: puzzleIdentifiers.map((identifier) => next.get(identifier) ?? identifier),
  };
}

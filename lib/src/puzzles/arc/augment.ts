import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import type { Random } from "../../random";
import { DIHEDRAL_COUNT, dihedral, inverseDihedral, type Raster } from "../dihedral";
import type { ArcPair } from "./task";

/** A change of a task that keeps its rule recognisable: turned or mirrored grids, exchanged colours. */
export interface ArcAugmentation {
  /** Dihedral transform, see {@link dihedral}. */
  readonly transform: number;
  /** Old colour -> new colour; black (0) stays black. */
  readonly colours: Uint8Array;
}

/** Between the parts of a puzzle's name (`PuzzleIdSeparator` of the official code). */
const SEPARATOR = "|||";

/** One of the eight transforms and a permutation of the nine colours other than black. */
export function randomArcAugmentation(random: Random): ArcAugmentation {
  const transform = random.int(0, DIHEDRAL_COUNT);
  return { transform, colours: random.shuffle(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 1) };
}

export function applyArcAugmentation(grid: Raster, { transform, colours }: ArcAugmentation): Raster {
  // dihedral() has made a new grid, which may be recoloured in place: this runs millions of times.
  const turned = dihedral(grid, transform);
  const { cells } = turned;
  for (let cell = 0; cell < cells.length; cell++) cells[cell] = colours[cells[cell]];
  return turned;
}

/** Undoes {@link applyArcAugmentation}, for a prediction to be compared with the task itself. */
export function undoArcAugmentation(grid: Raster, { transform, colours }: ArcAugmentation): Raster {
  const turned = inverseDihedral(grid, transform);
  return { ...turned, cells: turned.cells.map((colour) => colours.indexOf(colour)) };
}

/** The name of an augmented puzzle, such as `007bbfb7|||t4|||0614732958`. */
export function arcName(id: string, augmentation: ArcAugmentation | null): string {
  if (!augmentation) return id;
  return [id, `t${augmentation.transform}`, augmentation.colours.join("")].join(SEPARATOR);
}

/**
 * Takes a name apart; the opposite of {@link arcName} (`inverse_aug` of the official code).
 *
 * @throws SyntaxError when the name has parts that do not describe an augmentation.
 */
export function parseArcName(name: string): { id: string; augmentation: ArcAugmentation | null } {
  if (!name.includes(SEPARATOR)) return { id: name, augmentation: null };
  const [, id, transform, colours] = /^(.*)\|\|\|t([0-7])\|\|\|(0[1-9]{9})$/.exec(name) ?? [];
  if (id === undefined || new Set(colours).size !== 10) {
    throw new SyntaxError(`"${name}" is not a puzzle name, expected one like 007bbfb7|||t4|||0614732958`);
  }
  return { id, augmentation: { transform: Number(transform), colours: Uint8Array.from(colours, Number) } };
}

/** Text that equal grids share (`grid_hash` of the official code). */
export function gridHash({ rows, columns, cells }: Raster): string {
  const bytes = new Uint8Array(2 + cells.length);
  bytes[0] = rows;
  bytes[1] = columns;
  bytes.set(cells, 2);
  return bytesToHex(sha256(bytes));
}

/** Text that puzzles with the same pairs share, whatever their order (`puzzle_hash` of the official code). */
export function pairsHash(pairs: readonly ArcPair[]): string {
  const hashes = pairs.map(({ input, output }) => `${gridHash(input)}|${gridHash(output)}`);
  return bytesToHex(sha256(hashes.sort().join("|")));
}

import { DIHEDRAL_COUNT, dihedral } from "../dihedral";
import { formatMaze, type MazePuzzle } from "./maze";

/** The same text for mazes that a rotation or mirroring turns into each other. */
export function mazeForm({ question, size }: MazePuzzle): string {
  const forms = Array.from({ length: DIHEDRAL_COUNT }, (_, transform) =>
    formatMaze(dihedral({ rows: size, columns: size, cells: question }, transform).cells),
  );
  return forms.sort()[0];
}

import { checkMaze, MAZE, mazeGenerator } from "trm/puzzles";
import { chance, type Kind, type Look, type Read } from "./puzzles";

/** Characters of the kinds of cells, as in `MAZE`. */
const CHARACTERS = "#.SG•";

const looks: readonly Look[] = [
  { text: "", name: "wall", given: true, wall: true },
  { text: "", name: "open", given: false },
  { text: "S", name: "start", given: true },
  { text: "G", name: "goal", given: true },
  { text: "•", name: "path", given: false },
];

/** Mazes with `side` cells on a side, and random ones as the model has learnt them. */
export function maze(side: number): Kind {
  const size = side * side;
  const line = (cells: Uint8Array): string => [...cells].map((value) => CHARACTERS[value]).join("");

  function read(text: string): Read {
    const symbols = [...text.replace(/\s/g, "").toUpperCase()];
    const odd = symbols.find((symbol) => !"#.SG".includes(symbol));
    if (odd !== undefined)
      return { problem: `The maze has "${odd}"; its cells are # for a wall, . for an open cell, S and G.` };
    if (symbols.length !== size)
      return { problem: `The maze has ${symbols.length} cells; a maze of ${side}x${side} has ${size}.` };
    return { clues: Uint8Array.from(symbols, (symbol) => CHARACTERS.indexOf(symbol)) };
  }

  const askable = (cells: Uint8Array): boolean => cells.includes(MAZE.start) && cells.includes(MAZE.goal);

  function problem(cells: Uint8Array): string | undefined {
    for (const [value, name] of [
      [MAZE.start, "start S"],
      [MAZE.goal, "goal G"],
    ] as const) {
      const found = cells.filter((cell) => cell === value).length;
      if (found !== 1) return `The maze has ${found === 0 ? "no" : found} ${name}: it needs one.`;
    }
    return checkMaze(cells, cells).shortest < 0
      ? "This maze has no answer: no way leads from S to G."
      : undefined;
  }

  return {
    name: "Maze",
    side,
    symbols: [
      { value: MAZE.open, keys: [".", " ", "Backspace", "Delete"], text: "" },
      { value: MAZE.wall, keys: ["#"], text: "#" },
      { value: MAZE.start, keys: ["s", "S"], text: "S" },
      { value: MAZE.goal, keys: ["g", "G"], text: "G" },
    ],
    empty: Uint8Array.from({ length: size }, () => MAZE.open),
    read,
    line,
    problem,
    askable,
    // There is one start and one goal: the one that was there before is open then.
    put: (cells, cell, value) =>
      cells.map((before, at) =>
        at === cell ? value : before === value && value >= MAZE.start ? MAZE.open : before,
      ),
    look(clue, answer) {
      const value = answer ?? clue;
      return { ...looks[value]!, given: value === clue && value !== MAZE.open };
    },
    clashing: () => [],
    broken: (answer, cells) => (askable(cells) ? [...checkMaze(cells, answer).changed] : []),
    missing(answer, cells) {
      if (!askable(cells)) return 0;
      const { solved, shortest, pathCells } = checkMaze(cells, answer);
      return solved ? 0 : Math.max(1, shortest - 1 - pathCells);
    },
    random: () => line(mazeGenerator({ size: side, loops: 0.1, minLength: 8 }, chance())().question),
    describe(text) {
      const cells = read(text);
      return "clues" in cells ? `${checkMaze(cells.clues, cells.clues).shortest} steps` : text;
    },
  };
}

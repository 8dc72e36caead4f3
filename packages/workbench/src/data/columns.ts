import { isMazeText, isSudokuText } from "./grid-text";

/** The columns of the official puzzle files, Sudoku-Extreme and Maze-Hard. */
export const COLUMNS = ["source", "question", "answer", "rating"] as const;

type Column = (typeof COLUMNS)[number];

/** Names that people give them, in lower case and without plural. */
const NAMES: Readonly<Record<string, Column>> = {
  ...{
    source: "source",
    src: "source",
    origin: "source",
    id: "source",
    name: "source",
    collection: "source",
  },
  ...{ question: "question", quiz: "question", quizze: "question", puzzle: "question", problem: "question" },
  ...{ input: "question", grid: "question", board: "question", clue: "question", maze: "question" },
  ...{ answer: "answer", solution: "answer", solved: "answer", output: "answer", label: "answer" },
  ...{ rating: "rating", difficulty: "rating", level: "rating", guesse: "rating" },
};

/** Where the columns of a file are; a file must have a question, and may lack everything else. */
export type ColumnPlaces = Partial<Record<Column, number>> & { readonly question: number };

const isGrid = (text: string | undefined): boolean =>
  text !== undefined && (isSudokuText(text) || isMazeText(text));

/**
 * Finds the columns of a file by the names in its first line, or by what its lines hold.
 * @param first,second its first two lines
 * @returns undefined where no column can hold questions
 */
export function findColumns(
  first: readonly string[],
  second: readonly string[] = [],
): { readonly places: ColumnPlaces; readonly hasHeader: boolean } | undefined {
  const hasHeader = !first.some(isGrid);
  const row = hasHeader ? second : first;
  const named: Partial<Record<Column, number>> = {};
  if (hasHeader) {
    first.forEach((name, place) => {
      const column = NAMES[name.trim().toLowerCase().replace(/s$/, "")];
      if (column !== undefined) named[column] ??= place;
    });
  }
  const taken = () => Object.values(named);
  for (const column of ["question", "answer"] as const) {
    const place = row.findIndex((text, place) => !taken().includes(place) && isGrid(text));
    if (named[column] === undefined && place >= 0) named[column] = place;
  }
  const { question, answer } = named;
  if (question === undefined) return undefined;
  // Behind the answer, a column of numbers is the rating.
  const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text)) && !isGrid(text);
  const last = row.map(isNumber).lastIndexOf(true);
  if (named.rating === undefined && last > (answer ?? question) && !taken().includes(last))
    named.rating = last;
  if (named.source === undefined && question > 0 && !taken().includes(0)) named.source = 0;
  return { places: { ...named, question }, hasHeader };
}

/** The sign that most often stands between the columns of a line; undefined where there is none. */
export function separatorOf(line: string): string | undefined {
  const signs = [",", ";", "\t"].map((sign) => ({ sign, count: line.split(sign).length - 1 }));
  const most = signs.reduce((a, b) => (b.count > a.count ? b : a));
  return most.count > 0 ? most.sign : undefined;
}

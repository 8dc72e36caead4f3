import { before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { scratchFolder } from "../../workbench/test/runs/support";
import { refuses, says, situations, writer } from "./support";

// Compiling C would take longer than all of this.
process.env.TRM_COMPILE = "tensorflow";

const HEADER = "source,question,answer,rating";
const [Q, A] = [".....3.41.2.....", "4132231414233241"];
const MAZES = ["######S  ##   ##  G######", "######Soo##  o##  G######", "######S  ##o  ##ooG######"];

const folder = scratchFolder();
const write = writer(folder);
const json = (path: string, value: unknown) => write(path, JSON.stringify(value));

describe("lists of puzzles", () => {
  const files: Record<string, string | Uint8Array> = {
    "kaggle.csv": `quizzes,solutions\n${Q.replaceAll(".", "0")},${A}\n`,
    "unknown-names.csv": `src,first,second,third\nx,${Q},${A},1\n`,
    "order.csv": `Rating; Solution ;Puzzle;extra\n3;${A};${Q};x\n`,
    "no-header.csv": `${Q},${A}\n${Q},${A}\n`,
    "no-rating.csv": `${HEADER}\nx,${Q},${A},\n`,
    "B.CSV": `\ufeff"source","question","answer","rating"\r\n"a, b",${Q},${A},"1"\r\n`,
    "tabs.tsv": `${HEADER}\nx,${Q},${A},1\n`.replaceAll(",", "\t"),
    "utf16.csv": Buffer.from(`\ufeff${HEADER}\nx,${Q},${A},1\n`, "utf16le"),
    "packed.csv.gz": gzipSync(`${HEADER}\nx,${Q},${A},1\n`),
    "lines-in-a-cell.csv": `${HEADER}\na,"....\n.3.4\n1.2.\n....",${A},1\n`,
    "list.txt": `# hard ones\n${Q}\n${Q.replaceAll(".", "0")}\n`,
    "list-with-answers.txt": `${Q} ${A} 2\n`,
    "grid.sdk": "Puzzle 1\n. . | . .\n. 3 | . 4\n----+----\n1 . | 2 .\n. . | . .\n",
    "dashes.txt": `${Q.replaceAll(".", "-")}\n${Q.replaceAll(".", "_")}\n`,
    "mazes.csv": `${HEADER}\nx,${MAZES[0]},${MAZES[1]},4\n`,
    "mazes.txt": `${MAZES[0]}\n\n#####\n#S  #\n#   #\n#  G#\n#####\n`,
  };
  before(() => {
    for (const [path, content] of Object.entries(files)) write(path, content);
    write("no-columns.csv", "alpha,beta\n1,2\n");
    write("words.txt", "nothing here\n");
    write("unfinished.txt", "....\n.3.4\n");
    write("broken.csv.gz", gzipSync(`${HEADER}\n`).subarray(0, 15));
    write("bad-record.csv", `${HEADER}\na,"....\n.3.4\n1.2.\n...",${A},1\n`);
    write("none.csv", `question\n12..............\n1.2..3..........\n123............4\n`);
    write("way.txt", "#####\n#S# #\n### #\n#  G#\n#####\n");
    write("README.md", "# Notes\n");
  });

  test("each is read by info, and by the builder of its kind", () => {
    const info = Object.keys(files).map((path) =>
      says(`info ${path}`, path.startsWith("maze") ? /cells +25/ : /cells +16/),
    );
    const built = Object.keys(files).map((path) =>
      says(
        `data ${path.startsWith("maze") ? "maze" : "sudoku"} --out built/${path} --train-csv ${path}`,
        /train +[12] puzzles/,
      ),
    );
    situations(folder, [...info, ...built]);
  });

  test("what is none is named", () => {
    const build = (path: string, kind = "sudoku") => `data ${kind} --out none --train-csv ${path}`;
    situations(folder, [
      refuses(
        "info no-columns.csv",
        /no-columns\.csv:1: the first line is "alpha,beta", expected "source,question/,
      ),
      refuses("info words.txt", /words\.txt holds no puzzles: expected columns such as/),
      refuses("info unfinished.txt", /unfinished\.txt:1: the puzzle that begins here has 2 of 4 rows/),
      refuses("info broken.csv.gz", /broken\.csv\.gz: its gzip data is damaged/),
      refuses(build("bad-record.csv"), /bad-record\.csv:2: a Sudoku of 15 cells is not known/),
      refuses(build("none.csv"), /none\.csv:4: column question: no solution exists/),
      refuses(build("way.txt", "maze"), /way\.txt:1: column question: no way leads from S to G/),
      refuses("info README.md", /README\.md does not hold weights/),
      { line: ["data", "sudoku", "--out", "b", "--generate", "4x4"], code: 1, says: /at most 9 cells/ },
    ]);
  });
});

describe("leaks between training and test", () => {
  test("puzzles and tasks on both sides are told with number and names", () => {
    const renamed = (text: string) => text.replace(/\d/g, (digit) => String((Number(digit) % 6) + 1));
    const [q6, a6] = [".23456456123214365365214531642642531", "123456456123214365365214531642642531"];
    write("one.csv", `${HEADER}\nx,${q6},${a6},1\n`);
    write("other.csv", `${HEADER}\nx,${renamed(q6)},${renamed(a6)},1\n`);
    const turned = (text: string) => [...text].reverse().join("");
    write("turned.csv", `${HEADER}\nx,${turned(MAZES[0])},${turned(MAZES[1])},4\n`);
    const task = {
      train: [{ input: [[1, 2]], output: [[2, 1]] }],
      test: [{ input: [[3, 4]], output: [[4, 3]] }],
    };
    json("arc/x_training_challenges.json", { aa: task });
    json("arc/x_evaluation_challenges.json", { bb: task });
    const arc = (sets: string, more = "") =>
      `data arc --out arc-${sets.replace(",", "-")} --source arc/x --subsets ${sets} --augmentations 2${more}`;
    situations(folder, [
      says(
        "data sudoku --out l1 --train-csv one.csv --test-csv other.csv",
        /test/,
        /1 of 1 test puzzles is a training puzzle, too \(test puzzle 1\)/,
      ),
      says(
        "data maze --out l2 --train-csv mazes.csv --test-csv turned.csv",
        /test/,
        /1 of 1 test puzzles is a training puzzle/,
      ),
      says(
        "data sudoku --out l3 --train-csv list.txt --test-csv kaggle.csv --json",
        /"shared":\{"count":1,"of":1,"first":\[1\]\}/,
      ),
      says(
        arc("training,evaluation", " --test-set evaluation"),
        /test/,
        /1 held-out tasks are trained on, too \(bb is aa\)/,
      ),
    ]);
  });
});

describe("layouts and contents of ARC", () => {
  test("the repositories' folders are read; empty files and odd names are refused", () => {
    json("raw/data/training/t1.json", {
      train: [{ input: [[1]], output: [[2]] }],
      test: [{ input: [[3]], output: [[4]] }],
    });
    const task = { train: [{ input: [[0]], output: [[0]] }], test: [{ input: [[0]] }] };
    json("arc/e_training_challenges.json", {});
    json("arc/n_training_challenges.json", { "a|||b": task });
    write("arc/bom_training_challenges.json", `\ufeff${JSON.stringify({ t: task })}`);
    const arc = (source: string) =>
      `data arc --out out-${source.replaceAll("/", "-")} --source ${source} --subsets training --test-set training --augmentations 4`;
    situations(folder, [
      says(arc("raw"), /train +1 puzzles/),
      says(arc("raw/data"), /train +1 puzzles/),
      says(arc("arc/bom"), /train +1 puzzles/, /1 tasks have fewer than 4 different augmentations \(t\)/),
      refuses(arc("arc/e"), /e_training_challenges\.json: it holds no tasks/),
      refuses(arc("arc/n"), /n_training_challenges\.json: the name of a task is empty or contains "\|\|\|"/),
      refuses(arc("arc/none"), /folders PREFIX\/SUBSET of task files/),
    ]);
  });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { scratchFolder } from "../../workbench/test/runs/support";
import { main, type Situation, situations, withTsx } from "./support";

describe("nothing of the user's is replaced that is not a dataset folder", () => {
  const folder = scratchFolder();
  const build = (out: string) => ["data", "sudoku", "--out", out, "--replace", "--generate", "2x2", ...sizes];
  const sizes = ["--train", "2", "--test", "2"];
  const write = (path: string, text = "mine\n") => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  test("--replace refuses runs, files and folders of notes, and replaces a dataset folder", () => {
    write("run/config.json");
    write("notes/ideas.txt");
    write("mixed/train/dataset.json");
    write("mixed/steps.csv");
    write("puzzles.csv");
    mkdirSync(join(folder, "empty"));
    const refused = (out: string, says: RegExp): Situation => ({ line: build(out), code: 1, says });
    situations(folder, [
      refused("run", /run is not a dataset folder \(it holds config\.json\): nothing was replaced/),
      refused("notes", /notes is not a dataset folder \(it holds ideas\.txt\)/),
      refused("mixed", /mixed is not a dataset folder \(it holds steps\.csv\)/),
      refused("puzzles.csv", /puzzles\.csv is not a dataset folder \(it is a file\)/),
      refused("empty", /empty is not a dataset folder \(it holds no dataset\.json\)/),
      { line: build("new"), code: 0, says: /2 puzzles/ },
      { line: build("new"), code: 0, says: /2 puzzles/ },
    ]);
    for (const path of ["run/config.json", "notes/ideas.txt", "mixed/steps.csv", "puzzles.csv"]) {
      assert.equal(readFileSync(join(folder, path), "utf8"), "mine\n", path);
    }
  });
});

describe("errors of the system are sentences with a path", () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "dir.csv"));
  symlinkSync("loop.csv", join(folder, "loop.csv"));
  writeFileSync(join(folder, "file"), "");

  test("missing files, folders for files, loops of links, files for folders", () => {
    const csv = (path: string, says: RegExp): Situation => ({
      line: ["data", "sudoku", "--out", "d", "--train-csv", path],
      code: 1,
      says,
    });
    situations(folder, [
      csv("nope.csv", /^trm: nope\.csv does not exist$/m),
      csv("dir.csv", /^trm: dir\.csv is a folder, not a file$/m),
      csv("loop.csv", /^trm: loop\.csv cannot be opened: its symbolic links form a loop$/m),
      csv("file/x.csv", /^trm: file\/x\.csv cannot be opened: a part of this path is a file, not a folder$/m),
    ]);
    assert.equal(existsSync(join(folder, "d")), false);
  });
});

describe("output that nobody takes", { skip: process.platform !== "linux" && "needs /dev/full" }, () => {
  const run = (stdout: number | "pipe") =>
    spawnSync(process.execPath, [...withTsx, main, "train", "sudoku-4x4", "--print-config"], {
      stdio: ["ignore", stdout, "pipe"],
      encoding: "utf8",
    });

  test("a full disk is one sentence", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = run(full);
    closeSync(full);
    assert.deepEqual(
      [status, stderr],
      [
        1,
        "trm: the output cannot be written: no space left on the disk; free some and run the command again\n",
      ],
    );
  });

  test("a reader that leaves ends the command in silence", () => {
    const command = [process.execPath, ...withTsx, main].map((part) => `'${part}'`).join(" ");
    const { stderr } = spawnSync("sh", ["-c", `${command} train sudoku-4x4 --print-config | true`], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
  });
});

describe("boxes of 3x2 beside 2x3", () => {
  const folder = scratchFolder();
  const answers = {
    "3x2": "123456345612561234214365436521652143",
    "2x3": "123456456123214365365214531642642531",
  };
  for (const [box, answer] of Object.entries(answers)) {
    const question = `.${answer.slice(1, 10)}.${answer.slice(11)}`;
    writeFileSync(join(folder, `${box}.csv`), `source,question,answer,rating\na,${question},${answer},1\n`);
  }

  test("the box of a file is the one that its answers fit", () => {
    const line = (box: string) => ["data", "sudoku", "--out", box, "--train-csv", `${box}.csv`];
    situations(folder, [
      { line: line("2x3"), code: 0, says: /train +1 puzzles/ },
      { line: line("3x2"), code: 0, says: /train +1 puzzles/ },
      {
        line: [
          "data",
          "sudoku",
          "--out",
          "g",
          "--generate",
          "3x2",
          "--train",
          "3",
          "--test",
          "1",
          "--clues",
          "14",
        ],
        code: 0,
        says: /train +3 puzzles/,
      },
    ]);
  });
});

describe("without a C compiler, and thinking for long", () => {
  const folder = scratchFolder();
  const run = (...line: string[]) =>
    spawnSync(process.execPath, [...withTsx, main, ...line], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, CC: "/bin/false" },
    });

  test("training says why it is slow, and the table of 128 steps is a page", () => {
    const sizes = [
      "--training.totalSteps",
      "1",
      "--data.train",
      "8",
      "--data.test",
      "8",
      "--training.batchSize",
      "4",
    ];
    const trained = run("train", "sudoku-4x4", "--out", "run", ...sizes);
    assert.equal(trained.status, 0, trained.stderr);
    assert.match(trained.stderr, /no C compiler works \(CC=\/bin\/false\)/);
    const { stdout, stderr } = run("eval", "run", "--supervision-steps", "128", "--limit", "1");
    const steps = [...stdout.matchAll(/^│ (\d+) /gm)].map(([, step]) => Number(step));
    assert.deepEqual(steps.slice(-5), [15, 16, 32, 64, 128], stdout + stderr);
  });
});

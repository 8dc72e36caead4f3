import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatMaze, mazeGenerator, parseMaze } from "trm/puzzles";
import { createRandom } from "trm/random";
import { mazeCsv, readMazeCsv } from "../../src/data";
import { temporaryFolder } from "../files/support";

test("mazes survive being written to a file and read", async () => {
  const mazes = Array.from({ length: 10 }, mazeGenerator({ size: 9 }, createRandom(1)));
  const path = join(temporaryFolder(), "mazes.csv");
  writeFileSync(path, mazeCsv(mazes));
  assert.deepEqual(await readMazeCsv(path), mazes);
});

test("bad rows are refused, naming file, line and column", async () => {
  const maze = ["#######", "#S    #", "# ### #", "# #G  #", "# # # #", "#     #", "#######"].join("\n");
  const line = formatMaze(parseMaze(maze));
  const path = join(temporaryFolder(), "mazes.csv");
  const rejects = async (answer: string, message: RegExp) => {
    writeFileSync(path, `source,question,answer,rating\ns,${line},${answer},1\n`);
    await assert.rejects(readMazeCsv(path), message);
  };
  await rejects(line, /mazes\.csv:2: column answer: is not a shortest way from S to G/);
  await rejects(line.slice(7), /mazes\.csv:2: column answer: has 42 cells/);
  await rejects(" G S", /mazes\.csv:2: column answer: has 4 cells, the question 49/);
});

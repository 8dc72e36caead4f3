import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

/** Loads danfo.js with our stub in place of xlsx, as the lock file installs it. */
const script = `
const Module = require("node:module");
const resolve = Module._resolveFilename;
const stub = ${JSON.stringify(join(__dirname, "../../../../scripts/shims/xlsx/index.js"))};
Module._resolveFilename = (name, ...rest) => (name === "xlsx" ? stub : resolve(name, ...rest));
const danfo = require("danfojs-node");
(async () => {
  const reading = await danfo.readExcel(${JSON.stringify(__filename)}).catch((error) => error);
  console.log(reading.message);
  try { new danfo.DataFrame([[1]]).toExcel({ filePath: "x.xlsx" }); } catch (error) { console.log(error.message); }
  console.log("alive");
})();
`;

test("danfo.js says that Excel files are left out, and the process lives on", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    cwd: __dirname,
  });
  const sentence = /^danfo\.js cannot read or write Excel files here: .* save the table as CSV$/;
  const [reading, writing, end] = stdout.trim().split("\n").slice(-3);
  assert.match(reading, sentence, stderr);
  assert.match(writing, sentence);
  assert.equal(end, "alive");
});

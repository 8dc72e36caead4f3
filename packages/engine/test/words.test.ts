import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";

const engine = join(__dirname, "..");
/** Words of the project that this package was made for; in two parts, as this file is read too. */
const words = [
  "tr" + "m",
  "puz" + "zle",
  "sud" + "oku",
  "tiny.?recur" + "sive",
  "npm run set" + "up",
  "environment[.]m" + "d",
];

test("nothing here names the project that the package was made for", () => {
  const pattern = new RegExp(`(?<![a-z])(${words.join("|")})`, "i");
  const found = ["src", "native", "wasm", "test", "examples", "README.md", "package.json"].flatMap((folder) =>
    filesIn(join(engine, folder)).flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, i) =>
          pattern.test(line) ? [`${relative(engine, file)}:${i + 1}: ${line.trim()}`] : [],
        ),
    ),
  );
  assert.deepEqual(found, []);
});

function filesIn(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [path];
  }
}

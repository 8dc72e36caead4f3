// The worker with its compiled programs and weights, which packages/playground/build makes: kept until its sources change.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sourcesHash } from "../setup/build.mjs";
import { ZIG } from "../setup/compiler.mjs";
import { CACHE, ROOT } from "../setup/paths.mjs";
import { SetupError } from "../setup/say.mjs";
import { hasExtra } from "../setup/venv.mjs";

const PROGRAM = join(ROOT, "packages", "playground", "build", "programs.ts");
const KEPT = join(CACHE, "playground");

/**
 * The files of the worker, by their paths beside its script.
 * @param {readonly string[]} only the sets of programs that are wanted; all where it is empty
 * @returns {Map<string, Buffer>}
 * @throws {SetupError} where they cannot be compiled: without TensorFlow or Zig
 */
export function workerFiles(only = []) {
  const all = join(KEPT, inputsHash());
  const folder = only.length === 0 || existsSync(all) ? all : `${all}-${only.join("-")}`;
  if (!existsSync(folder)) compile(folder, only);
  return new Map(filesIn(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** Why {@link workerFiles} must fail on this machine; undefined if it should work. */
export function whyNoPrograms() {
  if (existsSync(join(KEPT, inputsHash()))) return undefined;
  const zig = hasExtra(ZIG) || spawnSync("zig", ["version"]).status === 0;
  if (zig && hasExtra({ ...ZIG, name: "tensorflow" })) return undefined;
  return "compiling to WebAssembly needs TensorFlow and ziglang in .venv";
}

/** @param {string} folder @param {readonly string[]} only */
function compile(folder, only) {
  mkdirSync(KEPT, { recursive: true });
  // Those of other sources are of no more use.
  for (const name of readdirSync(KEPT))
    if (!name.startsWith(inputsHash())) rmSync(join(KEPT, name), { recursive: true, force: true });
  const fresh = `${folder}.new`;
  const variables = join(ROOT, "packages", "workbench", "src", "engine-variables.ts");
  const { status } = spawnSync(
    process.execPath,
    ["--conditions=source", "--import=tsx", `--import=${variables}`, PROGRAM, fresh, ...only],
    { cwd: ROOT, stdio: ["ignore", 2, "inherit"] },
  );
  if (status !== 0)
    throw new SetupError("the programs of the playground could not be compiled: see the messages above.");
  renameSync(fresh, folder);
}

/** A hash of all that decides the programs and weights. */
function inputsHash() {
  const hash = createHash("sha256").update(sourcesHash());
  const folders = ["data/models", "packages/engine/native", "packages/engine/wasm", "packages/playground"];
  for (const folder of folders.map((name) => join(ROOT, name))) {
    for (const name of existsSync(folder) ? filesIn(folder) : []) {
      // The page itself decides nothing of them.
      if (/^(src\/page|test)\//.test(name)) continue;
      hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** @param {string} folder */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, ROOT } from "./paths.mjs";
import { runStep } from "./run.mjs";

const STAMP = join(CACHE, "built");

/** True if every package's `dist` was built from exactly these sources, settings and compiler. */
export function buildIsFresh() {
  try {
    const built = packages().every((name) => existsSync(join(ROOT, name, "dist")));
    return built && readFileSync(STAMP, "utf8") === sourcesHash();
  } catch {
    return false;
  }
}

/**
 * Builds all packages. A failed build leaves the last good one of every package.
 * @param {import("./say.mjs").Say} say
 */
export async function buildPackages(say) {
  const hash = sourcesHash();
  /** @type {string[]} */
  const built = [];
  try {
    for (const name of packages()) {
      await buildPackage(say, name);
      built.push(name);
    }
  } catch (error) {
    for (const name of built) swap(name, "dist.old");
    throw error;
  } finally {
    for (const name of built) rmSync(join(ROOT, name, "dist.old"), { recursive: true, force: true });
  }
  writeFileSync(STAMP, hash);
}

/**
 * Built aside and swapped in, so that removed sources leave nothing behind. The next package reads its declarations.
 * @param {import("./say.mjs").Say} say @param {string} name
 */
async function buildPackage(say, name) {
  const fresh = join(ROOT, name, "dist.new");
  rmSync(fresh, { recursive: true, force: true });
  await runStep(say, {
    step: `building ${name}`,
    log: "build",
    command: process.execPath,
    args: [
      join(ROOT, "node_modules", "typescript", "bin", "tsc"),
      "-p",
      join(ROOT, name),
      "--outDir",
      fresh,
      "--noEmitOnError",
    ],
  });
  // The engine adds files that no compiler makes.
  const more = join(ROOT, name, "build.mjs");
  if (existsSync(more)) {
    const args = [more, fresh];
    await runStep(say, { step: `completing ${name}`, log: "build", command: process.execPath, args });
  }
  swap(name, "dist.new");
}

/** Puts a folder beside `dist` in its place; what was there becomes `dist.old`. @param {string} name @param {string} from */
function swap(name, from) {
  const folder = (/** @type {string} */ part) => join(ROOT, name, part);
  if (!existsSync(folder(from))) return;
  const last = folder(from === "dist.old" ? "dist.new" : "dist.old");
  rmSync(last, { recursive: true, force: true });
  if (existsSync(folder("dist"))) renameSync(folder("dist"), last);
  renameSync(folder(from), folder("dist"));
  if (from === "dist.old") rmSync(last, { recursive: true, force: true });
}

/** The folders with a package to build, each after those it needs: the order of `workspaces`. @returns {string[]} */
function packages() {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return workspaces.filter((/** @type {string} */ name) => existsSync(join(ROOT, name, "tsconfig.json")));
}

/** A hash of all sources of the packages and what else decides their build. */
export function sourcesHash() {
  const sources = packages().flatMap((name) =>
    readdirSync(join(ROOT, name, "src"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(),
  );
  const settings = [
    "tsconfig.json",
    "package-lock.json",
    ...packages()
      .flatMap((name) => ["tsconfig.json", "package.json", "build.mjs"].map((file) => join(name, file)))
      .filter((file) => existsSync(join(ROOT, file))),
  ];
  const hash = createHash("sha256");
  for (const file of [...sources, ...settings.map((name) => join(ROOT, name))]) {
    hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

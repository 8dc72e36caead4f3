import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.mjs";
import { runStep } from "./run.mjs";

const LIB = join(ROOT, "lib");
const DIST = join(LIB, "dist");
const STAMP = join(DIST, ".set-up");

/** Whether `lib/dist` was built from exactly these sources, settings and compiler. */
export function buildIsFresh() {
  try {
    return readFileSync(STAMP, "utf8") === sourcesHash();
  } catch {
    return false;
  }
}

/** @param {import("./say.mjs").Say} say */
export async function buildLib(say) {
  const hash = sourcesHash();
  // Built aside and swapped in: a failed build leaves the last good one, and removed sources leave nothing behind.
  const fresh = join(LIB, "dist.new");
  rmSync(fresh, { recursive: true, force: true });
  await runStep(say, {
    step: "building lib",
    log: "build",
    command: process.execPath,
    args: [
      join(ROOT, "node_modules", "typescript", "bin", "tsc"),
      "-p",
      LIB,
      "--outDir",
      fresh,
      "--noEmitOnError",
    ],
  });
  writeFileSync(join(fresh, ".set-up"), hash);
  rmSync(DIST, { recursive: true, force: true });
  renameSync(fresh, DIST);
}

function sourcesHash() {
  const sources = readdirSync(join(LIB, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const settings = [
    "tsconfig.json",
    "package-lock.json",
    join("lib", "tsconfig.json"),
    join("lib", "package.json"),
  ];
  const hash = createHash("sha256");
  for (const file of [...sources, ...settings.map((name) => join(ROOT, name))]) {
    hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ROOT } from "./paths.mjs";
import { runStep } from "./run.mjs";

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean }} Entry */

/**
 * True if `node_modules` holds what `package-lock.json` asks for. npm writes its own record there last of all, so an
 * interrupted installation has none, and one made by hand with `npm ci` counts too.
 */
export function npmIsFresh() {
  const wanted = packagesOf(join(ROOT, "package-lock.json"));
  const installed = packagesOf(join(ROOT, "node_modules", ".package-lock.json"));
  return wanted !== null && installed !== null && installedMatches(wanted, installed);
}

/**
 * @param {Record<string, Entry>} wanted `packages` of the lock file
 * @param {Record<string, Entry>} installed `packages` of npm's record
 */
export function installedMatches(wanted, installed) {
  return Object.entries(wanted).every(([path, entry]) => {
    const found = installed[path];
    if (path === "") return true;
    // Builds for other systems are in the lock file and never installed.
    if (found === undefined) return entry.optional === true;
    return (
      found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link
    );
  });
}

/** @param {import("./say.mjs").Say} say */
export async function installNpmPackages(say) {
  const [command, ...before] = npmCommand(process.env.npm_execpath);
  // Said here too, because the environment can override .npmrc: install scripts stay off.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  // npm's own waits would take over a minute to find that there is no network.
  args.push("--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=10000");
  await runStep(say, { step: "npm packages", log: "npm", command, args: [...before, ...args] });
}

/**
 * The npm that started us, on the Node that runs us, so that a second Node on the PATH cannot slip in.
 * @param {string | undefined} execPath npm's own script, as `npm run` passes it
 */
function npmCommand(execPath) {
  if (execPath && basename(execPath) === "npm-cli.js") return [process.execPath, execPath];
  const beside = join(dirname(process.execPath), "npm");
  return [existsSync(beside) ? beside : "npm"];
}

/** @param {string} file @returns {Record<string, Entry> | null} */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return null;
  }
}

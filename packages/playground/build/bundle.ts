/** Bundles scripts of the page with esbuild. */
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";

export const projectFolder = join(__dirname, "..", "..", "..");

/**
 * Options for code that runs on programs compiled ahead of time: the engine is the one of the condition `precompiled`, and tfjs is replaced by
 * its tensors without operations. No module of Node is allowed.
 */
export const pageBundle = {
  bundle: true,
  platform: "browser",
  conditions: ["precompiled", "source"],
  alias: { "@tensorflow/tfjs": join(projectFolder, "packages", "engine", "src", "wasm", "tensors.ts") },
  target: "es2022",
  minify: true,
  legalComments: "none",
  // The library's functions name operations of tfjs, which only run inside of programs.
  logOverride: { "import-is-undefined": "silent" },
} as const satisfies BuildOptions;

/** Writes the worker's script. */
export async function bundleWorker(outfile: string): Promise<void> {
  const entry = join(__dirname, "..", "src", "worker", "worker.ts");
  await build({ ...pageBundle, entryPoints: [entry], outfile, format: "esm" });
}

// The playground: page, worker, programs, weights and the worker that keeps them for use without a network.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../setup/paths.mjs";
import { SetupError } from "../setup/say.mjs";
import { loopCode } from "./loop-code.mjs";
import { workerFiles } from "./programs.mjs";
import { header } from "./template.mjs";

const PAGE = join(ROOT, "packages", "playground", "src", "page");
const STATIC = ["site.css", "playground.css", "icon.svg"];

const MANIFEST = {
  name: "Tiny Recursive Models",
  short_name: "TRM",
  start_url: "index.html",
  display: "browser",
  icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml" }],
};

/**
 * The files of the playground, by their paths in the site.
 * @param {{ api: boolean, colour: import("./markdown.mjs").Colour, programs?: readonly string[] }} options
 * @returns {Promise<Map<string, string | Uint8Array>>}
 */
export async function playground({ api, colour, programs }) {
  const code = JSON.stringify(loopCode(colour.html));
  /** @type {Map<string, string | Uint8Array>} */
  const files = new Map();
  for (const name of STATIC) files.set(name, readFileSync(join(PAGE, name)));
  const page = readFileSync(join(PAGE, "index.html"), "utf8");
  files.set(
    "index.html",
    page.replace("<!-- header -->", () => header("index.html", api)),
  );
  files.set("site.webmanifest", JSON.stringify(MANIFEST));
  files.set("code.css", colour.css());
  const worker = workerFiles(programs);
  files.set(
    "page.js",
    await bundle(join(PAGE, "main.ts"), { LOOP_CODE: code, SHIPPED: shippedNumbers(worker) }),
  );
  for (const [name, content] of worker) files.set(name, content);
  const kept = [...files.keys()].filter((name) => !name.endsWith(".plain.wasm"));
  const bytes = kept.reduce((sum, name) => sum + (files.get(name)?.length ?? 0), 0);
  if (bytes > MOST_BYTES)
    throw new SetupError(`the playground weighs ${bytes} bytes; it may weigh ${MOST_BYTES}`);
  const hash = createHash("sha256");
  for (const content of files.values()) hash.update(content);
  const name = `trm-${hash.digest("hex").slice(0, 12)}`;
  const PRECACHE = JSON.stringify({ name, files: ["./", ...kept] });
  files.set("offline.js", await bundle(join(PAGE, "offline.ts"), { PRECACHE }));
  return files;
}

/**
 * What the whole playground may weigh, all models and trainings included: all of it is kept at the first visit. Browsers without SIMD load their
 * programs in place of the others.
 */
const MOST_BYTES = 3e6;

/** n, T and N_sup of each model, from the headers of the weights. @param {Map<string, Buffer>} files */
function shippedNumbers(files) {
  const weights = [...files].filter(([name]) => name.startsWith("weights/"));
  const numbers = weights.map(([name, content]) => {
    const header = content.subarray(4, 4 + content.readUInt32LE(0)).toString();
    const { n, T, supervisionSteps } = JSON.parse(header).config;
    return [name.replace(/^weights\/|\.bin$/g, ""), { n, T, steps: supervisionSteps }];
  });
  return JSON.stringify(Object.fromEntries(numbers));
}

/** @param {string} entry @param {Record<string, string>} define */
async function bundle(entry, define) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: "browser",
    conditions: ["browser", "source"],
    target: "es2022",
    format: "iife",
    define,
    write: false,
    legalComments: "none",
    logLevel: "warning",
  });
  const [{ text } = { text: "" }] = outputFiles;
  return text;
}

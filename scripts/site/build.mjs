// The whole site as one folder of files, which any web server can serve.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { CACHE, ROOT } from "../setup/paths.mjs";
import { SetupError } from "../setup/say.mjs";
import { documents } from "./documents.mjs";
import { codeColours } from "./markdown.mjs";
import { playground } from "./playground.mjs";

/**
 * Builds the site aside and puts it in its place when it is complete.
 * @param {string} out its folder
 * @param {{ api: boolean, programs?: readonly string[] }} options `api`: with the API reference, which takes most of the time; `programs`: the
 * sets of programs that a test needs, all of them otherwise
 */
export async function buildSite(out, { api, programs }) {
  const fresh = `${out}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const colour = await codeColours();
  // The playground comes last: the sheet of colours is complete then.
  const texts = await documents({ api, colour });
  const files = new Map([...texts, ...(await playground({ api, colour, programs }))]);
  for (const [name, content] of files) {
    mkdirSync(dirname(join(fresh, name)), { recursive: true });
    writeFileSync(join(fresh, name), content);
  }
  cpSync(join(ROOT, "scripts", "site", "figures.js"), join(fresh, "figures.js"));
  await plotly(join(fresh, "plotly.js"));
  if (api) apiReference(join(fresh, "api"));
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
}

/** Plotly without white space: a third of its size. @param {string} outfile */
async function plotly(outfile) {
  const require = createRequire(join(ROOT, "packages", "workbench", "package.json"));
  const source = require.resolve("plotly.js-dist");
  await build({ entryPoints: [source], outfile, minify: true, legalComments: "none", logLevel: "error" });
}

/** @param {string} out */
function apiReference(out) {
  const { status } = spawnSync(process.execPath, [join(ROOT, "scripts", "typedoc", "docs.mjs"), out], {
    stdio: "inherit",
  });
  if (status !== 0) throw new SetupError("the API reference could not be written: see the messages above.");
}

/** Where `npm run site` writes. */
export const SITE_FOLDER = join(CACHE, "site");

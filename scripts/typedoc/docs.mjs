// `npm run docs -- [FOLDER]`: the API reference of tfjs-compile and trm, as web pages in .cache/docs or FOLDER.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/paths.mjs";

// Not checked by the typecheck, so that it needs no installed TypeDoc.
const { Application } = await import(/** @type {string} */ ("typedoc"));

const out = process.argv[2] ?? join(ROOT, ".cache", "docs");

/** Entry points of both packages. */
const rooms = ["puzzles", "batches", "model", "trainer"].map((room) => `lib/src/${room}/index.ts`);
const entryPoints = ["packages/engine/src/index.ts", "lib/src/index.ts", "lib/src/random.ts", ...rooms];

const app = await Application.bootstrapWithPlugins({
  name: "trm and tfjs-compile",
  entryPoints: entryPoints.map((file) => join(ROOT, file)),
  tsconfig: join(ROOT, "scripts", "typedoc", "tsconfig.docs.json"),
  readme: join(ROOT, "lib", "README.md"),
  out,
  excludeInternal: true,
  excludeExternals: true,
  disableGit: true,
  sourceLinkTemplate: "{path}",
  hideGenerator: true,
  // A file's name, such as pretrain.py, is no address.
  markdownItLoader: (/** @type {{ linkify: { set(options: object): void } }} */ parser) =>
    parser.linkify.set({ fuzzyLink: false }),
  skipErrorChecking: true,
  validation: { notExported: false, invalidLink: true, invalidPath: false, notDocumented: false },
  treatWarningsAsErrors: true,
  logLevel: "Warn",
});
const project = await app.convert();
if (!project) process.exit(1);
app.validate(project);
await app.generateOutputs(project);
withoutSourceLinks(out);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
console.log(`the API reference is in ${join(out, "index.html")}`);

/** The sources are no part of the reference: the places where names are defined, and folders, stay as text. @param {string} folder */
function withoutSourceLinks(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".html")) continue;
    const file = join(folder, name);
    const page = readFileSync(file, "utf8");
    const linked = page
      .replace(/<a href="(?:(?:lib|packages)\/[^"]*|media\/[^".]*)"[^>]*>(.*?)<\/a>/gs, "$1")
      // TypeDoc gives the places in this page no names.
      .replace(/(hierarchy\.html)#[^"]*"/g, '$1"');
    writeFileSync(file, linked);
  }
}

// `npm run site`: the whole site as one folder of files, .cache/site or the one that `-- --out FOLDER` names.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { orOneSentence } from "./setup/main.mjs";
import { siteBuilder } from "./site/prepare.mjs";

const { out, "no-api": withoutApi } = parseArgs({
  options: { out: { type: "string" }, "no-api": { type: "boolean" } },
}).values;

await orOneSentence(async () => {
  const { buildSite, SITE_FOLDER } = await siteBuilder();
  const folder = out === undefined ? SITE_FOLDER : resolve(out);
  await buildSite(folder, { api: !withoutApi });
  console.log(`the site is in ${folder}`);
});

// `npm run playground`: builds the site, serves it on this machine and opens it; `-- --no-open` only serves it.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { orOneSentence } from "./setup/main.mjs";
import { SetupError } from "./setup/say.mjs";
import { PORT } from "./site/address.mjs";
import { siteBuilder } from "./site/prepare.mjs";
import { serve } from "./site/serve.mjs";

const options = /** @type {const} */ ({
  port: { type: "string", default: `${PORT}` },
  "no-open": { type: "boolean" },
});
const { port, "no-open": quiet } = parseArgs({ options }).values;

await orOneSentence(async () => {
  const { buildSite, SITE_FOLDER } = await siteBuilder();
  await buildSite(SITE_FOLDER, { api: false });
  const { url } = await serve(SITE_FOLDER, Number(port)).catch((error) => {
    throw new SetupError(
      `port ${port} cannot be used (${error.code ?? error.message}): give another with \`-- --port NUMBER\`.`,
    );
  });
  console.log(`the playground is at ${url} (Ctrl-C ends it; \`npm run site\` adds the API reference)`);
  if (!quiet) openInBrowser(url);
});

/** A machine without a browser shows the address alone. @param {string} url */
function openInBrowser(url) {
  const command =
    { darwin: "open", win32: "explorer" }[/** @type {string} */ (process.platform)] ?? "xdg-open";
  spawn(command, [url], { stdio: "ignore", detached: true }).on("error", () => {});
}

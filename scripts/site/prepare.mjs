import { ZIG } from "../setup/compiler.mjs";
import { setUp } from "../setup/main.mjs";
import { speakTo } from "../setup/say.mjs";
import { hasExtra, installExtra } from "../setup/venv.mjs";

/** Sets up what the site needs, Zig for its WebAssembly too, and gives the functions that build it. */
export async function siteBuilder() {
  const say = speakTo(process.stderr);
  await setUp(say);
  if (!hasExtra(ZIG))
    await installExtra(say, { ...ZIG, step: "Zig, which compiles to WebAssembly (100 MB)" });
  // Only now are its packages there.
  return import("./build.mjs");
}

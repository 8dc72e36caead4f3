import { parseArgs } from "node:util";
import { Interrupted } from "./kernel/cell";
import { installPromiseText, installStacks } from "./kernel/errors";
import { createLanguage } from "./kernel/language";
import { serve } from "./kernel/server";

/**
 * The notebook's kernel: `node kernel.js kernel --config-path FILE`. tslab's converter turns cells into JavaScript, and
 * everything around it is here: `kernel/converter.ts` holds all that touches tslab's inside.
 */
function main(): void {
  const { values } = parseArgs({ options: { "config-path": { type: "string" } }, allowPositionals: true });
  const path = values["config-path"];
  if (!path) throw new Error("the option --config-path is missing: Jupyter starts this program");
  installStacks();
  installPromiseText();
  const tell = (what: string) => (reason: unknown) => {
    // The reader ended it.
    if (!(reason instanceof Interrupted)) console.error(`${what}:`, reason);
  };
  process.on("uncaughtException", tell("UncaughtException"));
  process.on("unhandledRejection", tell("UnhandledPromiseRejection"));
  void serve(path, createLanguage());
}

if (require.main === module) main();

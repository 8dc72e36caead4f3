import { spawnSync } from "node:child_process";
import { join } from "node:path";

/**
 * Runs a program in a process of its own, for what can only be seen there: start-up, stderr, other environments.
 *
 * @param body statements of an async function, with `engine` (the engine's exports) and `tf` in scope
 */
export function runInChild(body: string, env: Record<string, string> = {}) {
  const engine = JSON.stringify(join(__dirname, "..", "src"));
  const program = `const engine = require(${engine}); const { tf } = engine;
    (async () => { ${body} })().catch((e) => { console.error(e); process.exit(9); });`;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=source", "--require", "tsx/cjs", "--eval", program],
    {
      encoding: "utf8",
      env: { ...process.env, ...env },
    },
  );
  return { status, signal, stdout, stderr };
}

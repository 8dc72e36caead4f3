import { spawnSync } from "node:child_process";
import { SetupError } from "./say.mjs";
import { installExtra } from "./venv.mjs";

/** The C compiler that set-up can install, as an extra of the environment. */
export const ZIG = { name: "ziglang", requirements: "requirements-compiler.txt", log: "compiler" };

/** True if a C compiler works here: the one that `CC` names, or else cc, gcc or clang. `compile()` looks for the same. */
export function hasCompiler() {
  const program = "#include <math.h>\n#include <pthread.h>\n";
  return candidates().some(
    (command) => spawnSync(command, ["-x", "c", "-fsyntax-only", "-"], { input: program }).status === 0,
  );
}

function candidates() {
  if (process.env.CC) return [process.env.CC];
  // Without Apple's tools, its cc opens a window that offers them.
  if (process.platform === "darwin" && spawnSync("xcode-select", ["-p"]).status !== 0) return [];
  return ["cc", "gcc", "clang"];
}

/**
 * Installs a C compiler into `.venv`. Everything works without it, only slower, so a failure is ignored.
 * @param {import("./say.mjs").Say} say
 */
export async function installCompiler(say) {
  try {
    await installExtra(say, { ...ZIG, step: "C compiler, as this machine has none (ziglang, 100 MB)" });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say.line(
      "no C compiler could be installed: TensorFlow runs compiled functions, which takes twice the time",
    );
  }
}

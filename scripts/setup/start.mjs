import { spawn } from "node:child_process";
import { constants } from "node:os";
import { orOneSentence, setUp } from "./main.mjs";
import { speakTo } from "./say.mjs";

/**
 * Sets the project up where needed, then becomes the given program: same terminal, same exit code.
 * @param {{ command: string, args: string[], cwd: string }} program
 */
export const setUpAndStart = ({ command, args, cwd }) =>
  orOneSentence(async () => {
    // Standard output belongs to the program.
    await setUp(speakTo(process.stderr));
    const child = spawn(command, args, { cwd, stdio: "inherit" });
    // Ctrl-C reaches the child from the terminal itself; it decides when to end.
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.on(signal, () => signal === "SIGINT" || child.kill(signal));
    }
    process.exitCode = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
    });
  });

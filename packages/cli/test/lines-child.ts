import "trm-workbench/engine-variables";
import { readFileSync } from "node:fs";
import { commands, runCommandLine } from "../src/program";
import type { Outcome } from "./support";

/** Runs the command lines on stdin (JSON) and prints how each ended (JSON). */
async function main(): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  const outcomes: Outcome[] = [];
  let [stdout, stderr] = ["", ""];
  const toStdout = (text: string) => {
    stdout += text;
    return true;
  };
  const toStderr = (text: string) => {
    stderr += text;
    return true;
  };
  for (const command of commands) {
    command.exitOverride();
    command.configureOutput({ writeOut: toStdout, writeErr: toStderr });
  }
  Object.assign(process.stdout, { write: toStdout });
  Object.assign(process.stderr, { write: toStderr });
  for (const line of JSON.parse(readFileSync(0, "utf8")) as string[][]) {
    [stdout, stderr, process.exitCode] = ["", "", 0];
    await runCommandLine(line);
    outcomes.push({ code: process.exitCode as number, stdout, stderr });
  }
  process.exitCode = 0;
  write(JSON.stringify(outcomes));
}

main();

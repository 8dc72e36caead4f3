import { Command } from "commander";
import { acceleratorCommand } from "./accelerator";
import { benchCommand } from "./bench";
import { convertCommand } from "./convert";
import { dataCommand } from "./data";
import { evalCommand } from "./eval";
import { infoCommand } from "./info";
import { parityCommand } from "./parity";
import { solveCommand } from "./solve";
import { sweepCommand } from "./sweep";
import { trainCommand } from "./train";

/** `npm run trm -- …`: the library in a terminal. */
export const program = new Command("trm")
  .description("Tiny Recursive Models: train, evaluate and use them from a terminal")
  .addCommand(trainCommand)
  .addCommand(evalCommand)
  .addCommand(solveCommand)
  .addCommand(dataCommand)
  .addCommand(convertCommand)
  .addCommand(infoCommand)
  .addCommand(parityCommand)
  .addCommand(sweepCommand)
  .addCommand(benchCommand)
  .addCommand(acceleratorCommand);

/** The program and all its commands. */
export const commands: readonly Command[] = [program, ...program.commands, ...dataCommand.commands];

for (const command of commands) {
  command.showHelpAfterError("(add --help for what this command takes)");
}

/** Runs a command line. Whatever goes wrong is one sentence on stderr, and an exit code other than 0. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    const { message, stack } = error as Error;
    console.error(`trm: ${message}`);
    if (process.env.TRM_DEBUG) console.error(stack);
    process.exitCode = 1;
  }
}

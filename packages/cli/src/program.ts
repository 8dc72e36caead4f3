import { Command } from "commander";
import { sentenceOf } from "trm-workbench/files";
import { acceleratorCommand } from "./accelerator";
import { benchCommand } from "./bench";
import { convertCommand } from "./convert";
import { dataCommand } from "./data";
import { evalCommand } from "./eval";
import { infoCommand } from "./info";
import { parityCommand } from "./parity";
import { solveCommand } from "./solve";
import { sweepCommand } from "./sweep";
import { sweepTaskCommand } from "./sweep-task";
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
  .addCommand(sweepTaskCommand, { hidden: true })
  .addCommand(benchCommand)
  .addCommand(acceleratorCommand);

/** The program and all its commands. */
export const commands: readonly Command[] = [program, ...program.commands, ...dataCommand.commands];

for (const command of commands) {
  command.showHelpAfterError("(add --help for what this command takes)");
}

/** Runs a command line. Whatever goes wrong is one sentence on stderr, and an exit code other than 0. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  endWithOutput();
  try {
    await program.parseAsync(puzzleLast(args), { from: "user" });
  } catch (error) {
    console.error(`trm: ${sentenceOf(error)}`);
    if (process.env.TRM_DEBUG) console.error((error as Error).stack);
    process.exitCode = 1;
  }
}

/** A puzzle whose first cells are blanks written `-` is no option: it goes behind `--`. */
function puzzleLast(args: readonly string[]): readonly string[] {
  const place = args.findIndex((text) => /^-[^a-z]{15,}$/i.test(text));
  if (args[0] !== "solve" || place < 0 || args.includes("--")) return args;
  return [...args.slice(0, place), ...args.slice(place + 1), "--", args[place]];
}

/** A reader of our output that leaves, such as `head`, ends the process in silence; a full disk is said. */
function endWithOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE")
        console.error(`trm: the output ${sentenceOf(error).replace(/^a file /, "")}`);
      process.exit(error.code === "EPIPE" ? 0 : 1);
    });
  }
}

#!/usr/bin/env node
import { Command } from "commander";
import { convertCommand } from "./convert";
import { dataCommand } from "./data";
import { evalCommand } from "./eval";
import { infoCommand } from "./info";
import { parityCommand } from "./parity";
import { solveCommand } from "./solve";
import { trainCommand } from "./train";

/** `npm run trm -- …`: the library in a terminal. Every command says on stderr what went wrong, in one sentence. */
const program = new Command("trm")
  .description("Tiny Recursive Models: train, evaluate and use them from a terminal")
  .addCommand(trainCommand)
  .addCommand(evalCommand)
  .addCommand(solveCommand)
  .addCommand(dataCommand)
  .addCommand(convertCommand)
  .addCommand(infoCommand)
  .addCommand(parityCommand);

for (const command of [program, ...program.commands, ...dataCommand.commands]) {
  command.showHelpAfterError("(add --help for what this command takes)");
}

program.parseAsync().catch((error: Error) => {
  console.error(`trm: ${error.message}`);
  if (process.env.TRM_DEBUG) console.error(error.stack);
  process.exitCode = 1;
});

#!/usr/bin/env node
import { Command } from "commander";
import { parityCommand } from "./parity";

/** `npm run trm -- …`: the library in a terminal. Every command says on stderr what went wrong, in one sentence. */
const program = new Command("trm")
  .description("Tiny Recursive Models: check and use them from a terminal")
  .showHelpAfterError("(add --help for what this command takes)")
  .addCommand(parityCommand);

program.parseAsync().catch((error: Error) => {
  console.error(`trm: ${error.message}`);
  if (process.env.TRM_DEBUG) console.error(error.stack);
  process.exitCode = 1;
});

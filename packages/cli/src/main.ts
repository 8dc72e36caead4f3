#!/usr/bin/env node
import { runCommandLine } from "./program";

runCommandLine(process.argv.slice(2));

#!/usr/bin/env node
import "trm-workbench/engine-variables";
import { runCommandLine } from "./program";

runCommandLine(process.argv.slice(2));

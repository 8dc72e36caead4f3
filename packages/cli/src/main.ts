#!/usr/bin/env node
import "trm-workbench/engine-variables";
import { measureWorker } from "trm-bench/accelerator";
import { contestantWorker } from "trm-bench/bench";
import { hostWorkers } from "trm-workbench/processes";
import { trainingWorker } from "trm-workbench/runs";
import { runCommandLine } from "./program";

const isWorker = hostWorkers(__filename, [trainingWorker, contestantWorker, measureWorker]);
if (!isWorker) runCommandLine(process.argv.slice(2));

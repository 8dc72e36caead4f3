/** The program of a process that is a worker: `launch.js FILE NAME` runs the worker of this name that the file exports. */
import { serve, type Worker } from "./worker";

const [, , file, name] = process.argv;
const exported = Object.values(require(file!) as Record<string, Partial<Worker<unknown, unknown>>>);
serve(exported.find((value) => value.name === name && value.work) as Worker<unknown, unknown>);

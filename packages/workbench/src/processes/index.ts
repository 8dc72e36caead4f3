export { hostWorkers, type RunningWorker, startWorker, type WorkerOptions } from "./start";
export type { Parent, Worker } from "./worker";

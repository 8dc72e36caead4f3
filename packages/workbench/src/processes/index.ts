export { type JobState, jobStates, ownJob, requeueOwnJob, slurm, submitJob } from "./slurm";
export { hostWorkers, type RunningWorker, startWorker, type WorkerOptions } from "./start";
export type { Parent, Worker } from "./worker";

export { runBenchmark } from "./benchmark";
export { type Machine, machine } from "./machine";
export { type Opponent, opponents, type PairOptions, type RowResult } from "./pairs";
export { findPeer } from "./peer";
export { type RaceResult, raceSeed } from "./race-seed";
export { benchRows, quickRows, rowName, rowsLike } from "./rows";
export { measureSteps, type StepSpeed } from "./speed";
export { raceTable, rowTable } from "./table";
export { contestantWorker } from "./worker";

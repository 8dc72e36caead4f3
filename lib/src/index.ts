/**
 * Tiny Recursive Models. Data flows one way: puzzles -> batches -> model -> trainer.
 */
export * from "tfjs-compile";
export * from "./batches";
export * from "./model";
export * from "./puzzles";
export * from "./random";
export * from "./trainer";

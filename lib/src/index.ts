/**
 * The library behind the notebooks. Data flows one way: puzzles -> batches -> model -> trainer -> checkpoints -> runs -> experiments -> figures.
 * Notebooks import everything from here: `import * as trm from "trm"`.
 */
export * from "./batches";
export * from "./checkpoints";
export * from "./engine";
export * from "./experiments";
export * from "./figures";
export * from "./files";
export * from "./model";
export * from "./notebook";
export * from "./puzzles";
export * from "./runs";
export * from "./trainer";

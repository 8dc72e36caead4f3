export * from "./dataset";
export * from "./sample";
export * from "./sudoku";

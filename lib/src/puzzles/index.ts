export * from "./random";
export * from "./sudoku";

export * from "./dataset";
export * from "./folder";
export * from "./folder-write";
export * from "./maze";
export * from "./sample";
export * from "./sudoku";

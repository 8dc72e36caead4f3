export * from "./arc";
export * from "./dataset";
export * from "./folder";
export * from "./folder-write";
export * from "./maze";
export * from "./sample";
export * from "./sources";
export * from "./sudoku";

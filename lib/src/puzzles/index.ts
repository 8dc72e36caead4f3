export * from "./arc";
export * from "./csv";
export * from "./dihedral";
export * from "./distinct";
export * from "./maze";
export * from "./random";
export * from "./sudoku";

export * from "./canonical";
export * from "./check";
export * from "./csv";
export * from "./generate";
export * from "./geometry";
export * from "./grid";
export * from "./solve";
export * from "./symmetry";

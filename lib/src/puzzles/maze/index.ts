export * from "./check";
export * from "./csv";
export * from "./form";
export * from "./generate";
export * from "./maze";

export * from "./dataset";
export * from "./sample";

export * from "./augment";
export * from "./task";
export * from "./tokens";

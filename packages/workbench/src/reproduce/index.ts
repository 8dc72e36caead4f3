export { findPython } from "./execute";
export { orderAgrees } from "./results";

export { nearest, suggestion } from "./nearest";
export { count, duration, mean, median, percent } from "./numbers";
export { markdownTable, namedLines, numberTable, textTable } from "./tables";

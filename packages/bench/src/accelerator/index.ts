export { measureWorker } from "./measure";
export { type AcceleratorReport, reportText } from "./report";
export { type AcceleratorOptions, runAccelerator } from "./session";

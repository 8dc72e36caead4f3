export { onInterrupt } from "./interrupt";
export { type Progress, type ProgressMetrics, progress } from "./progress";
export { inNotebook } from "./tslab";

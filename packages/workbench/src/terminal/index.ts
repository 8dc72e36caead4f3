export { onInterrupt, Stopped } from "./interrupt";
export { type Progress, type ProgressMetrics, progress } from "./progress";
export { inNotebook } from "./tslab";

export { onInterrupt } from "./interrupt";
export { suggestion } from "./nearest";
export { type Progress, type ProgressMetrics, progress } from "./progress";
export { inNotebook } from "./tslab";

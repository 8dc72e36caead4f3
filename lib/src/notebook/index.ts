export { showFigure, showHtml, showMarkdown } from "./display";
export { onInterrupt } from "./interrupt";
export { type LiveFigure, liveFigure } from "./live";
export { type Progress, type ProgressMetrics, progress } from "./progress";
export { type ReportRow, report } from "./report";
export { type Budget, budgets, type NotebookSettings, notebookSettings } from "./settings";
export { findSource, type SourcePiece, showSource } from "./source";
export { showTable, type TableLike, type TableOptions } from "./table";
export { inNotebook } from "./tslab";

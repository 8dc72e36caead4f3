export { executeNotebook, NotebookError, type NotebookEvent } from "./execute";

import { textTable } from "../text";
import { showHtml } from "./display";

/** What is needed of a danfojs DataFrame or Series, so that showing one does not load danfojs. */
export interface TableLike {
  readonly columns: readonly string[];
  /** A list for each row; a plain list of values for a Series. */
  readonly values: unknown;
  readonly index: readonly (string | number)[];
}

export interface TableOptions {
  /** Decimals of numbers that are not whole. @default 3 */
  readonly digits?: number;
  /** Whether to show the names of the rows. @default false */
  readonly index?: boolean;
}

/** Shows a danfojs DataFrame or Series as a table under the cell, or as text in a terminal. Missing values stay empty. */
export function showTable(table: TableLike, options: TableOptions = {}): void {
  const { digits = 3, index = false } = options;
  const values = (table.values as unknown[]).map((row): unknown[] => (Array.isArray(row) ? row : [row]));
  const rows = values.map((row, i) => (index ? [table.index[i], ...row] : row));
  const head = index ? ["", ...table.columns] : [...table.columns];
  const texts = rows.map((row) => row.map((value) => cellText(value, digits)));
  // A column of numbers is read by its last digits, its name stands above them.
  const isNumeric = head.map((_, c) => rows.some((row) => typeof row[c] === "number"));
  showHtml(htmlTable(head, texts, isNumeric), textTable(head, texts, isNumeric).trimEnd());
}

function htmlTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly boolean[],
): string {
  const line = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${cells.map((text, c) => `<${tag} style="text-align:${rightAligned[c] ? "right" : "left"}">${escapeHtml(text)}</${tag}>`).join("")}</tr>`;
  return [
    "<table>",
    `<thead>${line(head, "th")}</thead>`,
    `<tbody>${rows.map((cells) => line(cells, "td")).join("\n")}</tbody>`,
    "</table>",
  ].join("\n");
}

function cellText(value: unknown, digits: number): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(digits) : String(value);
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

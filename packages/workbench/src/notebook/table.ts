import { textTable } from "../text";
import { showHtml } from "./display";

/** The part of a danfojs DataFrame or Series that is shown. With it, showing one does not load danfojs. */
export interface TableLike {
  readonly columns: readonly string[];
  /** A list for each row; a plain list of values for a Series. */
  readonly values: unknown;
  readonly index: readonly (string | number)[];
}

export interface TableOptions {
  /** Decimals of numbers that are not whole. @default 3 */
  readonly digits?: number;
  /** Show the names of the rows. @default false */
  readonly index?: boolean;
}

/** Rows as objects; all have the columns of the first. */
export type TableRows = readonly Readonly<Record<string, unknown>>[];

/**
 * Shows rows, or a danfojs DataFrame or Series, as a table under the cell, or as text in a terminal. Missing values stay empty.
 * @example
 * showTable([{ variant: "TRM", solved: 0.904 }, { variant: "HRM", solved: 0.754 }]);
 */
export function showTable(table: TableLike | TableRows, options: TableOptions = {}): void {
  const { digits = 3, index = false } = options;
  const { columns, values, index: names } = isRows(table) ? tableOfRows(table) : table;
  if (columns.length === 0) {
    showHtml("<p>no rows</p>", "no rows");
    return;
  }
  const lists = (values as unknown[]).map((row): unknown[] => (Array.isArray(row) ? row : [row]));
  const rows = lists.map((row, i) => (index ? [names[i], ...row] : row));
  const head = index ? ["", ...columns] : [...columns];
  const texts = rows.map((row) => row.map((value) => cellText(value, digits)));
  // A column of numbers is read by its last digits, its name stands above them.
  const isNumeric = head.map((_, c) => rows.some((row) => typeof row[c] === "number"));
  showHtml(htmlTable(head, texts, isNumeric), textTable(head, texts, isNumeric).trimEnd());
}

const isRows = (table: TableLike | TableRows): table is TableRows => Array.isArray(table);

function tableOfRows(rows: TableRows): TableLike {
  const columns = Object.keys(rows[0] ?? {});
  return {
    columns,
    values: rows.map((row) => columns.map((column) => row[column])),
    index: rows.map((_, i) => i),
  };
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
  if (value instanceof Date) return dateText(value);
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(digits) : String(value);
}

/** `2026-11-26`, and the time in UTC where there is one. */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return "";
  return date
    .toISOString()
    .replace("T", " ")
    .replace(/( 00:00:00)?\.000Z$|Z$/, "");
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

import { table as drawTable, getBorderCharacters } from "table";

/** A table for a terminal, drawn with lines. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly boolean[],
): string {
  return drawTable([head, ...rows] as string[][], {
    border: getBorderCharacters("norc"),
    columns: rightAligned.map((right) => ({ alignment: right ? "right" : "left" })),
    drawHorizontalLine: (line, count) => line <= 1 || line === count,
  });
}

/** {@link textTable} with text in the first column and numbers in the others. */
export function numberTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return textTable(
    head,
    rows,
    head.map((_, column) => column > 0),
  ).trimEnd();
}

/** A table in Markdown, readable as text too, with text in the first column and numbers in the others. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, c) => Math.max(3, name.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, c) => (c === 0 ? text.padEnd(widths[c]) : text.padStart(widths[c]))).join(" | ")} |`;
  const rule = widths.map((width, c) => (c === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Names and their values, one pair a line, aligned. */
export function namedLines(
  rows: readonly (readonly [name: string, value: string] | false | undefined)[],
): string {
  const shown = rows.filter((row): row is [string, string] => Array.isArray(row));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

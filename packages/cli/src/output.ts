import { textTable } from "trm-workbench/notebook";
import { type Progress, progress } from "trm-workbench/terminal";

/** Ends a command: one JSON object alone on stdout, or a summary for people. */
export function finish(json: boolean | undefined, result: object, summary: () => string): void {
  // A mean over nothing is NaN, which JSON writes as null.
  process.stdout.write(`${json ? JSON.stringify(result) : summary()}\n`);
}

/** `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `87.4%`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** `1,000`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** Named facts, one a line, aligned. */
export function facts(rows: readonly (readonly [name: string, value: string] | false | undefined)[]): string {
  const shown = rows.filter((row): row is [string, string] => Array.isArray(row));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** A table of which the first column is text and the others are numbers. */
export function numberTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return textTable(
    head,
    rows,
    head.map((_, column) => column > 0),
  ).trimEnd();
}

/** A bar that appears when the total is known, for work that holds the event loop. */
export function progressOf(label: string, unit: string) {
  let bar: Progress | undefined;
  return {
    update(done: number, total: number) {
      bar ??= progress(total, { label, unit });
      bar.update(done);
    },
    done: () => bar?.done(),
  };
}

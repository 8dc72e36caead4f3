import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EvaluationReport, StepReport } from "trm/trainer";
import type { MetricsConfig } from "../config/config";
import { type EventFile, openEventFile, writeFileAtomic } from "../files";

/** A row of a table; `step` comes first. */
export type MetricsRow = { readonly step: number } & Readonly<Record<string, number | string>>;

/** A table on disk that grows by rows. */
export interface MetricsTable {
  readonly path: string;
  append(row: MetricsRow): void;
}

/**
 * Opens a table for a run that stands at `step`. Rows of later steps, which a killed run wrote after its last checkpoint,
 * are dropped, and so is a row that was half written.
 * @param path without extension
 * @throws Error when the file has other columns
 */
export function openTable(
  path: string,
  columns: readonly string[],
  format: MetricsConfig["format"],
  step: number,
): MetricsTable {
  const file = `${path}.${format}`;
  const head = format === "csv" ? `${columns.join(",")}\n` : "";
  const old = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!old.startsWith(head) && !head.startsWith(old)) {
    throw new Error(`${file}: its first line is not "${head.trim()}"; move the file away to start a new one`);
  }
  const lines = old.slice(head.length).split("\n").slice(0, -1);
  const kept = lines.filter((line) => stepOf(line, format) <= step);
  const text = head + kept.map((line) => `${line}\n`).join("");
  if (text !== old) writeFileAtomic(file, text);
  return {
    path: file,
    append: (row) => appendFileSync(file, `${formatRow(row, columns, format)}\n`),
  };
}

/** NaN, which is not <= anything, for a line that is no row. */
function stepOf(line: string, format: MetricsConfig["format"]): number {
  if (format === "csv") return Number.parseInt(line, 10);
  try {
    return JSON.parse(line).step;
  } catch {
    return Number.NaN;
  }
}

/** A mean over nothing (no puzzle halted) is an empty cell, or null. */
function formatRow(row: MetricsRow, columns: readonly string[], format: MetricsConfig["format"]): string {
  if (format === "jsonl") return JSON.stringify(row);
  return columns.map((column) => (Number.isNaN(row[column]) ? "" : String(row[column]))).join(",");
}

/** Files of a run's metrics: `steps.csv`, `evaluations.csv` (or .jsonl), and TensorBoard's files on request. */
export interface Metrics {
  step(report: StepReport, seconds: number): void;
  evaluation(report: EvaluationReport, seconds: number): void;
  close(): void;
}

/** The column of a field in a run's files, which keep the name that their first version gave to `solved`. */
export const columnOf = (field: string): string => (field === "solved" ? "puzzles" : field);

/** Fields of `steps.csv`. */
export const STEP_FIELDS = [
  "step",
  "seconds",
  "learningRate",
  "loss",
  "halted",
  "solved",
  "cells",
  "halting",
  "supervisionSteps",
] as const;
/** Fields of `evaluations.csv`. */
export const EVALUATION_FIELDS = [
  "step",
  "seconds",
  "weights",
  "count",
  "solved",
  "cells",
  "halting",
] as const;

/** Opens the metrics of a run that stands at `step`; see {@link openTable}. */
export function openMetrics(folder: string, config: MetricsConfig, step: number): Metrics {
  const steps = openTable(join(folder, "steps"), STEP_FIELDS.map(columnOf), config.format, step);
  const columns = EVALUATION_FIELDS.map(columnOf);
  const evaluations = openTable(join(folder, "evaluations"), columns, config.format, step);
  const events: EventFile | undefined = config.tensorboard
    ? openEventFile(join(folder, "tensorboard"), step + 1)
    : undefined;
  return {
    step(report, seconds) {
      if (report.step % config.every !== 0) return;
      const { step, ...values } = report;
      steps.append({ step, ...inColumns({ ...values, seconds: rounded(seconds) }) });
      events?.scalars(step, tagged("train", values));
    },
    evaluation(report, seconds) {
      const { step, weights, count, solved, cells, halting } = report;
      const accuracies = { solved, cells, halting };
      evaluations.append({ step, seconds: rounded(seconds), weights, count, ...inColumns(accuracies) });
      events?.scalars(step, tagged(`test/${weights}`, accuracies));
    },
    close: () => events?.close(),
  };
}

const rounded = (seconds: number): number => Math.round(1000 * seconds) / 1000;

const inColumns = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [columnOf(field), value]));

const tagged = (group: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [`${group}/${columnOf(field)}`, value]));

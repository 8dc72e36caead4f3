/** Measurements on an accelerator: kept in one file that grows piece by piece, and shown as tables. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { accuracyFigure, type Figure } from "trm-workbench/figures";
import { readJsonFile, writeFileAtomic } from "trm-workbench/files";
import { evaluationCurves } from "trm-workbench/notebook";
import { markdownTable, percent } from "trm-workbench/text";
import { z } from "zod";

const environmentSchema = z.object({
  date: z.string(),
  device: z.string(),
  /** Versions of PJRT's interface and of the plugin's compiler and runtime. */
  pjrt: z.string(),
  compiler: z.string(),
  plugin: z.string(),
  /** Of an NVIDIA GPU. */
  driver: z.string().nullable(),
  node: z.string(),
  project: z.string().optional(),
});

/** Place and time of a measurement. */
export type AcceleratorEnvironment = z.infer<typeof environmentSchema>;

export const oursSchema = z.object({
  environment: environmentSchema,
  /** Recording, compiling (or reading the compiled program from disk), and the first step. */
  firstStepSeconds: z.number(),
  stepsPerSecond: z.number(),
  /** Floating-point operations of a step's matrix products, and teraflops of them. */
  flopsPerStep: z.number(),
  teraflops: z.number(),
  /** Of the device's bfloat16 peak, where that is known. */
  shareOfPeak: z.number().optional(),
  /** Bytes, where the device counts them. */
  peakMemory: z.number().optional(),
  loss: z.number(),
});

/** Our step, measured on the device. */
export type OurSpeed = z.infer<typeof oursSchema>;

/** The used part of the output of `python/peer.py --json` for the same step in compiled PyTorch. */
export const peerSchema = z.object({
  torch: z.string(),
  device: z.string(),
  compileSeconds: z.number(),
  stepsPerSecond: z.number(),
  peakMemoryBytes: z.number(),
});

const problemSchema = z.object({ problem: z.string() });

const measurementSchema = z.object({
  mixer: z.enum(["mlp", "attention"]),
  batchSize: z.number(),
  ours: z.union([oursSchema, problemSchema]),
  peer: z.union([peerSchema, problemSchema]).optional(),
});

/** One step, measured with this library and with PyTorch, one right after the other. */
export type Measurement = z.infer<typeof measurementSchema>;

/** Reports of version 0.1 have `puzzles` instead of `solved`. */
const renamed = (row: unknown): unknown =>
  typeof row === "object" && row !== null && "puzzles" in row ? { ...row, solved: row.puzzles } : row;

const trainingSchema = z.object({
  /** Seconds in training steps, and seconds in all: with compiling and evaluations. */
  seconds: z.number(),
  wallSeconds: z.number(),
  step: z.number(),
  totalSteps: z.number(),
  /** The checkpoint in pieces, and what it leaves out. */
  pieces: z.string().optional(),
  evaluations: z.array(
    z.preprocess(
      renamed,
      z.object({
        step: z.number(),
        seconds: z.number(),
        weights: z.enum(["live", "ema"]),
        count: z.number(),
        solved: z.number(),
        cells: z.number(),
        halting: z.number(),
      }),
    ),
  ),
});

const reportSchema = z.object({
  /** The configuration that was measured and trained, and the number of steps of each measurement. */
  config: z.unknown(),
  steps: z.number(),
  measurements: z.array(measurementSchema),
  training: trainingSchema.optional(),
});

/** Everything that was measured so far. */
export type AcceleratorReport = z.infer<typeof reportSchema>;

const reportFile = (folder: string): string => join(folder, "report.json");

/**
 * The report in a folder, or an empty one.
 * @throws Error when the folder's report is of another configuration, or damaged
 */
export function openReport(folder: string, config: unknown, steps: number): AcceleratorReport {
  const file = reportFile(folder);
  const empty: AcceleratorReport = { config, steps, measurements: [] };
  if (!existsSync(file)) return empty;
  const report = readJsonFile(file, reportSchema);
  if (JSON.stringify([report.config, report.steps]) !== JSON.stringify([config, steps])) {
    throw new Error(`${file} is about another configuration; choose another --out, or remove it`);
  }
  return report;
}

/** Writes `report.json`, `report.md` and, once something was evaluated, the curve as a Plotly figure, `curve.json`. */
export function saveReport(folder: string, report: AcceleratorReport): void {
  writeFileAtomic(reportFile(folder), `${JSON.stringify(report, null, 2)}\n`);
  writeFileAtomic(join(folder, "report.md"), `${reportText(report)}\n`);
  const figure = curveOf(report);
  if (figure) writeFileAtomic(join(folder, "curve.json"), `${JSON.stringify(figure)}\n`);
}

/** The accuracy on held-out puzzles over training steps. */
function curveOf({ training }: AcceleratorReport): Figure | undefined {
  if (!training || training.evaluations.length === 0) return undefined;
  return accuracyFigure({
    title: "Held-out puzzles solved",
    curves: evaluationCurves(training.evaluations, "TRM"),
  });
}

/** The report as Markdown. */
export function reportText({ measurements, training }: AcceleratorReport): string {
  const parts: string[] = [];
  const environment = measurements.map(({ ours }) => "environment" in ours && ours.environment).find(Boolean);
  if (environment) {
    const { date, device, pjrt, compiler, plugin, driver, node, project } = environment;
    parts.push(
      [
        `${device}, ${date}`,
        `PJRT ${pjrt} (${plugin}, ${compiler})`,
        ...(driver ? [`driver ${driver}`] : []),
        `Node ${node}${project ? `, commit ${project}` : ""}`,
      ].join("; "),
    );
  }
  if (measurements.length > 0) parts.push(markdownTable(speedHead, measurements.map(speedRow)));
  parts.push(...problems(measurements));
  if (training) {
    const { step, totalSteps, seconds, pieces, evaluations } = training;
    parts.push(`Trained ${step} of ${totalSteps} steps in ${(seconds / 60).toFixed(1)} minutes.`);
    if (pieces) parts.push(pieces);
    if (evaluations.length > 0) parts.push(markdownTable(curveHead, evaluations.map(curveRow)));
  }
  return parts.join("\n\n");
}

/** Failures and their measurements; the same failure of several measurements is one line. */
function problems(measurements: readonly Measurement[]): string[] {
  const found = new Map<string, string[]>();
  for (const { mixer, batchSize, ours, peer } of measurements) {
    for (const [who, result] of [
      ["", ours],
      ["PyTorch, ", peer],
    ] as const) {
      if (!result || !("problem" in result)) continue;
      found.set(result.problem, [...(found.get(result.problem) ?? []), `${who}${mixer} ${batchSize}`]);
    }
  }
  return [...found].map(([problem, where]) => `${where.join("; ")}: ${problem}`);
}

const speedHead = [
  ...["mixer", "batch", "steps/s", "TFLOP/s", "share of bfloat16 peak", "memory", "first step"],
  ...["PyTorch steps/s", "its memory", "its compile", "we are"],
];

function speedRow({ mixer, batchSize, ours, peer }: Measurement): string[] {
  const [we, they] = [measured(ours), measured(peer)];
  return [
    mixer,
    String(batchSize),
    ...(we
      ? [
          we.stepsPerSecond.toPrecision(3),
          we.teraflops.toPrecision(3),
          we.shareOfPeak === undefined ? "-" : percent(we.shareOfPeak),
          we.peakMemory === undefined ? "-" : gigabytes(we.peakMemory),
          `${we.firstStepSeconds.toFixed(1)} s`,
        ]
      : ["-", "-", "-", "-", "-"]),
    ...(they
      ? [
          they.stepsPerSecond.toPrecision(3),
          gigabytes(they.peakMemoryBytes),
          `${they.compileSeconds.toFixed(1)} s`,
          we ? `${(we.stepsPerSecond / they.stepsPerSecond).toFixed(2)} times as fast` : "-",
        ]
      : ["-", "-", "-", "-"]),
  ];
}

/** A result, unless there was a problem. */
export function measured<T extends object>(
  result: T | z.infer<typeof problemSchema> | undefined,
): T | undefined {
  return result === undefined || "problem" in result ? undefined : result;
}

const curveHead = ["step", "minutes", "weights", "held-out puzzles", "solved", "cells right"];

function curveRow(row: NonNullable<AcceleratorReport["training"]>["evaluations"][number]): string[] {
  const { step, seconds, weights, count, solved, cells } = row;
  return [String(step), (seconds / 60).toFixed(1), weights, String(count), percent(solved), percent(cells)];
}
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;

/** The results of each machine as a file, from which the tables of docs/benchmarks.md are made. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writeFileAtomic } from "trm-workbench/files";
import { count, markdownTable } from "trm-workbench/text";
import { z } from "zod";
import type { Machine } from "./machine";
import type { RowResult } from "./pairs";
import { benchRows, benchScales, rowName } from "./rows";

const storedRow = z.strictObject({
  /** As {@link rowName} writes it. */
  row: z.string(),
  date: z.string(),
  pairs: z.number(),
  threads: z.number(),
  /** Medians in milliseconds. */
  ours: z.number(),
  peer: z.number(),
  /** The median over the pairs of our time divided by PyTorch's. */
  ratio: z.number(),
  /** The least that the step could take, in milliseconds. */
  floor: z.number().optional(),
});

const storedMachine = z.strictObject({
  processor: z.string(),
  cores: z.number(),
  instructions: z.array(z.string()),
  rows: z.array(storedRow),
});

/** A machine's file. */
export type StoredMachine = z.infer<typeof storedMachine>;

/** Reads a machine's file. @throws Error naming the file and what is wrong in it */
export const readMachine = (file: string): StoredMachine => readJsonFile(file, storedMachine);

/** `amd-epyc-2-cores-avx2.json`: processor, cores and the newest of its instructions. */
function fileName({ processor, cores, instructions }: Machine): string {
  const words = [processor, `${cores} cores`, instructions.at(-1) ?? ""].join(" ").toLowerCase();
  return `${words.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")}.json`;
}

/**
 * Stores a row that was compared with PyTorch in the file of this machine, in the place of an earlier one. All other rows stay.
 * @returns the file; undefined if the row was not compared
 */
export function saveRow(
  folder: string,
  machine: Machine,
  how: { readonly pairs: number; readonly threads: number },
  { row, ours, others, ratios, floor }: RowResult,
): string | undefined {
  const { peer } = others;
  if (peer === undefined || ratios.peer === undefined) return undefined;
  const { processor, cores, instructions } = machine;
  const date = machine.date.slice(0, 10);
  const fresh = { row, date, ...how, ours: ours.median, peer: peer.median, ratio: ratios.peer, floor };
  const file = join(folder, fileName(machine));
  const kept = existsSync(file) ? readMachine(file).rows : [];
  const rows = [...kept.filter((other) => other.row !== row), fresh];
  const order = benchRows.map(rowName);
  rows.sort((a, b) => order.indexOf(a.row) - order.indexOf(b.row));
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(file, storedText({ processor, cores, instructions: [...instructions], rows }));
  return file;
}

/** The text of a machine's file: a line for each row. */
function storedText({ rows, ...machine }: StoredMachine): string {
  const facts = JSON.stringify(machine).slice(0, -1);
  return `${facts},\n"rows": [\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]}\n`;
}

const scaleTitles: Readonly<Record<string, string>> = {
  "paper-8": "paper's scale, batch 8",
  "paper-32": "paper's scale, batch 32",
  "6x6-128": "6x6, hidden 128, n = T = 3",
  "6x6-64": "6x6, hidden 64 (the preset)",
  "4x4-64": "4x4, hidden 64",
};

/** The columns of {@link machineTable}. */
export const columns = [
  { title: "train, float32", words: "float32 train" },
  { title: "train, bfloat16", words: "bfloat16 train" },
  { title: "evaluate, float32", words: "float32 eval" },
  { title: "evaluate, bfloat16", words: "bfloat16 eval" },
] as const;

/** A machine's steps: a row for each scale and mixer that it has measured. */
export function machineSteps({ rows }: StoredMachine) {
  return benchScales.flatMap(({ name }) =>
    (["mlp", "attention"] as const).flatMap((mixer) => {
      const cells = columns.map(({ words }) => rows.find(({ row }) => row === `${name} ${mixer} ${words}`));
      const title = `${scaleTitles[name]}, ${mixer === "mlp" ? "MLP" : "attention"}`;
      return cells.some((cell) => cell !== undefined) ? [{ title, cells }] : [];
    }),
  );
}

/** `45.1 / 75.8 = **0.60** (37.2)` for each step: milliseconds of ours and PyTorch's, their ratio, and the floor. */
export function machineTable(machine: StoredMachine): string {
  const steps = machineSteps(machine);
  const used = columns.flatMap((_, c) => (steps.some(({ cells }) => cells[c] !== undefined) ? [c] : []));
  const ms = (value: number) => (value >= 100 ? count(Math.round(value)) : value.toFixed(1));
  return markdownTable(
    ["ours / PyTorch, ms", ...used.map((c) => columns[c].title)],
    steps.map(({ title, cells }) => [
      title,
      ...used.map((c) => {
        const cell = cells[c];
        if (cell === undefined) return "";
        const floor = cell.floor === undefined ? "" : ` (${ms(cell.floor)})`;
        return `${ms(cell.ours)} / ${ms(cell.peer)} = **${cell.ratio.toFixed(2)}**${floor}`;
      }),
    ]),
  );
}

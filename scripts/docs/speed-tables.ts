/**
 * Writes the step tables of `docs/benchmarks.md` and draws `docs/speed.png` from the files of `docs/bench`, which `npm run bench` writes:
 * `node --conditions=source --import=tsx scripts/docs/speed-tables.ts`. A table stands behind a comment that names its file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machineTable, readMachine } from "trm-bench/bench";
import { drawSpeedChart } from "./speed-chart";

const docs = join(__dirname, "../../docs");
export const benchmarks = join(docs, "benchmarks.md");

/** The text with the tables of the stored machines. */
export function withSpeedTables(markdown: string): string {
  return markdown.replace(/(<!-- bench (\S+) -->\n)(?:\|.*\n)*/g, (_, comment: string, file: string) => {
    return `${comment}${machineTable(readMachine(join(docs, "bench", file)))}\n`;
  });
}

if (require.main === module) {
  writeFileSync(benchmarks, withSpeedTables(readFileSync(benchmarks, "utf8")));
  void drawSpeedChart(join(docs, "bench", "amd-epyc-2-cores-avx512-bf16.json"), join(docs, "speed.png"));
}

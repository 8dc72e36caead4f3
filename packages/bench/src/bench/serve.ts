/**
 * The program that our own contestants run: it is told on the command line what to keep ready, says when it is, and then
 * answers requests, as `python/peer.py --serve` does.
 */
import { createInterface } from "node:readline";
import { startEngine } from "tfjs-compile";
import { exportRace, openRace, type RaceOptions, runRace } from "./race";
import { rowNamed } from "./rows";
import { productSpeed, rowWork, type Work } from "./work";

/** The work that a process of ours keeps ready. */
export type ServeOptions = { readonly threads: number } & (
  | {
      readonly kind: "row";
      readonly row: string;
      readonly backend: "tensorflow" | "wasm";
      readonly compiled: boolean;
    }
  /** Large matrix products, to know what the machine can do. */
  | { readonly kind: "products"; readonly precision: "float32" | "bfloat16" }
  /** A race, which is first written into a folder for the peer. */
  | ({ readonly kind: "race"; readonly folder: string } & RaceOptions)
);

const WARM_UP = 2;

async function main(options: ServeOptions): Promise<void> {
  const backend = options.kind === "row" ? options.backend : "tensorflow";
  await startEngine({ backend, ...(backend === "tensorflow" && { threads: options.threads }) });
  switch (options.kind) {
    case "row":
      return serveRow(rowWork(rowNamed(options.row), options));
    case "products": {
      const speed = await productSpeed(options.precision);
      tell({});
      return answer(async () => ({ flopsPerSecond: await speed() }));
    }
    case "race": {
      const race = await openRace(options);
      exportRace(race, options.folder);
      tell({});
      return answer(() => runRace(race));
    }
  }
}

async function serveRow(work: Work): Promise<void> {
  const compileSeconds = (await timed(work)) / 1000;
  for (let i = 0; i < WARM_UP; i++) await work.step();
  tell({ compileSeconds, ...work.facts() });
  await answer(async ({ steps }) => {
    const millisecondsPerStep: number[] = [];
    for (let i = 0; i < Number(steps); i++) millisecondsPerStep.push(await timed(work));
    // In kilobytes on every system.
    return { millisecondsPerStep, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
  });
  work.dispose();
}

async function timed(work: Work): Promise<number> {
  const start = performance.now();
  await work.step();
  return performance.now() - start;
}

async function answer(reply: (request: Record<string, unknown>) => Promise<object>): Promise<void> {
  for await (const line of createInterface(process.stdin)) tell(await reply(JSON.parse(line)));
}

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

main(JSON.parse(process.argv[2])).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

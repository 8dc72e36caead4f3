import { startEngine } from "tfjs-compile";
import type { Worker } from "trm-workbench/processes";
import { exportRace, openRace, type RaceOptions, runRace } from "./race";
import { rowNamed } from "./rows";
import { productSpeed, rowWork, type Work } from "./work";

/** The work that a worker keeps ready. */
export type Preparation = { readonly threads: number } & (
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

/** The first request tells what to prepare; each one after it asks to do it, a row's step `steps` times. */
export type ContestantRequest = { readonly prepare: Preparation } | { readonly steps?: number };

/** A message when all is ready, then an answer to every request; `python/peer.py --serve` answers in the same form. */
export type ContestantAnswer = Readonly<Record<string, unknown>>;

type Answering = (
  answer: (request: { readonly steps?: number }) => Promise<object>,
  ready?: object,
) => Promise<void>;

const WARM_UP = 2;

/** Keeps something ready to be timed. */
export const contestantWorker: Worker<ContestantRequest, ContestantAnswer> = {
  name: "contestant-worker",
  file: __filename,
  async work({ requests, tell }) {
    const { value: first } = await requests.next();
    if (first === undefined || !("prepare" in first)) return;
    await prepare(first.prepare, async (answer, ready = {}) => {
      await tell({ ...ready });
      for (;;) {
        const { value: request } = await requests.next();
        if (request === undefined) return;
        await tell({ ...(await answer(request as { steps?: number })) });
      }
    });
  },
};

async function prepare(asked: Preparation, serve: Answering): Promise<void> {
  const backend = asked.kind === "row" ? asked.backend : "tensorflow";
  await startEngine({ backend, ...(backend === "tensorflow" && { threads: asked.threads }) });
  switch (asked.kind) {
    case "row":
      return serveRow(rowWork(rowNamed(asked.row), asked), serve);
    case "products": {
      const speed = await productSpeed(asked.precision);
      return serve(async () => ({ flopsPerSecond: await speed() }));
    }
    case "race": {
      const race = await openRace(asked);
      exportRace(race, asked.folder);
      return serve(() => runRace(race));
    }
  }
}

async function serveRow(work: Work, serve: Answering): Promise<void> {
  const compileSeconds = (await timed(work)) / 1000;
  for (let i = 0; i < WARM_UP; i++) await work.step();
  const answer = async ({ steps = 0 }: { readonly steps?: number }) => {
    const millisecondsPerStep: number[] = [];
    for (let i = 0; i < steps; i++) millisecondsPerStep.push(await timed(work));
    // In kilobytes on every system.
    return { millisecondsPerStep, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
  };
  await serve(answer, { compileSeconds, ...work.facts() });
  work.dispose();
}

async function timed(work: Work): Promise<number> {
  const start = performance.now();
  await work.step();
  return performance.now() - start;
}

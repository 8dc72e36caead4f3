/** Times contestants alternately, so that whatever else the machine does meets all of them alike. */
import { median } from "trm-workbench/text";
import { type Contestant, measure, startOurs, startPeer } from "./contestant";
import { compiledEnvironment, findPeer, peerArguments, peerEnvironment } from "./peer";
import { type BenchRow, rowName } from "./rows";

/** The other implementations that are timed. */
export const opponents = ["peer", "eager", "wasm"] as const;
export type Opponent = (typeof opponents)[number];

export interface PairOptions {
  readonly pairs: number;
  readonly threads: number;
  readonly against: readonly Opponent[];
  /** Compile again on both sides, to measure that time, instead of using programs of an earlier benchmark. */
  readonly cold: boolean;
}

/** The times of one contestant. */
export interface Side {
  /** The median of its {@link milliseconds}. */
  readonly median: number;
  /** One for each pair: the median step. */
  readonly milliseconds: readonly number[];
  /** The first step: recording or compiling, and running it. */
  readonly firstStepSeconds: number;
  readonly peakMemoryBytes: number;
}

/** The result of a row. */
export interface RowResult {
  readonly row: string;
  /** Our compiled step. */
  readonly ours: Side & { readonly recordSeconds: number; readonly nodes: number };
  readonly others: Partial<Record<Opponent, Side>>;
  /** Our time over theirs: the median over the pairs. */
  readonly ratios: Partial<Record<Opponent, number>>;
  /** Operations of the step's matrix products, and the speed of large ones measured between the pairs. */
  readonly flopsPerStep: number;
  readonly productFlopsPerSecond: number;
  /** The least that the step can take: its products at that speed, nothing else. */
  readonly floor: number;
  /** Share of that speed which our step reaches. */
  readonly share: number;
  /** Reason why a requested opponent is missing. */
  readonly problems: readonly string[];
}

/** Steps are timed in groups of about so many milliseconds. */
const groupMs = 400;

/**
 * Measures one row.
 * @param products large matrix products in the row's precision
 */
export async function measureRow(
  row: BenchRow,
  products: Contestant,
  options: PairOptions,
): Promise<RowResult> {
  const { threads } = options;
  const open: Contestant[] = [];
  const start = async (starting: Promise<Contestant>) => {
    const contestant = await starting;
    open.push(contestant);
    return contestant;
  };
  try {
    const environment = compiledEnvironment(row, options.cold);
    const ours = await start(
      startOurs(
        { kind: "row", row: rowName(row), backend: "tensorflow", compiled: true, threads },
        environment,
      ),
    );
    const problems: string[] = [];
    const others: [Opponent, Contestant][] = [];
    for (const opponent of options.against.filter((opponent) => fits(opponent, row))) {
      try {
        others.push([opponent, await start(startOpponent(opponent, row, threads, environment))]);
      } catch (error) {
        problems.push(`${opponent}: ${(error as Error).message}`);
      }
    }
    return { ...(await timePairs(row, ours, products, others, options.pairs)), problems };
  } finally {
    await Promise.all(open.map((contestant) => contestant.close()));
  }
}

/** tfjs without `compile()` knows float32 only, and is slow. */
function fits(opponent: Opponent, { scale, precision }: BenchRow): boolean {
  return opponent === "peer" || (precision === "float32" && scale[opponent]);
}

async function startOpponent(
  opponent: Opponent,
  row: BenchRow,
  threads: number,
  environment: NodeJS.ProcessEnv,
): Promise<Contestant> {
  if (opponent === "peer") {
    const search = findPeer();
    if ("missing" in search) throw new Error(search.missing);
    return startPeer(search.python, peerArguments(row, threads), peerEnvironment(environment));
  }
  const backend = opponent === "wasm" ? "wasm" : "tensorflow";
  return startOurs({ kind: "row", row: rowName(row), backend, compiled: false, threads });
}

async function timePairs(
  row: BenchRow,
  ours: Contestant,
  products: Contestant,
  others: readonly (readonly [Opponent, Contestant])[],
  pairs: number,
): Promise<Omit<RowResult, "problems">> {
  const all = [ours, ...others.map(([, contestant]) => contestant)];
  const groups: number[] = [];
  for (const contestant of all) {
    const [first] = (await measure(contestant, 1)).millisecondsPerStep;
    groups.push(Math.max(1, Math.round(groupMs / first)));
  }
  const times: number[][] = all.map(() => []);
  const memory: number[] = all.map(() => 0);
  const speeds: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (const [i, contestant] of all.entries()) {
      const measured = await measure(contestant, groups[i]);
      times[i].push(median(measured.millisecondsPerStep));
      memory[i] = measured.peakMemoryBytes;
    }
    speeds.push((await products.ask({})).flopsPerSecond as number);
  }
  const side = (i: number): Side => ({
    median: median(times[i]),
    milliseconds: times[i],
    firstStepSeconds: all[i].ready.compileSeconds as number,
    peakMemoryBytes: memory[i],
  });
  const { recordSeconds, nodes, flopsPerStep } = ours.ready as Record<string, number>;
  const productFlopsPerSecond = median(speeds);
  const floor = (1000 * flopsPerStep) / productFlopsPerSecond;
  const ratio = (i: number) => median(times[0].map((time, pair) => time / times[i][pair]));
  return {
    row: rowName(row),
    ours: { ...side(0), recordSeconds, nodes },
    others: Object.fromEntries(others.map(([opponent], i) => [opponent, side(i + 1)])),
    ratios: Object.fromEntries(others.map(([opponent], i) => [opponent, ratio(i + 1)])),
    flopsPerStep,
    productFlopsPerSecond,
    floor,
    share: floor / median(times[0]),
  };
}

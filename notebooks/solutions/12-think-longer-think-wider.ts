/** Solutions of the exercises of notebook 12. */
import * as trm from "trm-workbench";

const chains = 16;

/** A network, and the puzzles that it fails in one try; all of them where it fails none. */
async function failed() {
  const shipped = await trm.shippedModel("sudoku-6x6", { puzzles: 1000 });
  const { reasoner, params, test, loss, box } = shipped;
  const oneTry = await trm.allChains(reasoner, params, test, { chains: 1, loss });
  const failures = trm.failuresOf(oneTry, test);
  const puzzles = trm.exampleCount(failures) > 0 ? failures : test;
  const common = { chains, loss, seed: 1, hints: { kind: "sudoku", box } } as const;
  const think = (options: Partial<trm.ChainOptions>) =>
    trm.allChains(reasoner, params, puzzles, { ...common, ...options });
  return { ...shipped, puzzles, think };
}

const row = (name: string, puzzles: readonly trm.PuzzleChains[], method: trm.MethodName = "best-q") => {
  const { solved, oracle, spent } = trm.scoreMethod(puzzles, method);
  return {
    chains: name,
    method,
    "solved %": 100 * solved,
    "oracle %": 100 * oracle,
    "supervision steps": spent,
  };
};

/** Noise on y, on z, and on both. */
export async function exercise1() {
  const { think } = await failed();
  const rows: trm.ResultsRow[] = [];
  for (const noisyLatents of [["y"], ["z"], ["y", "z"]])
    rows.push(row(`noise on ${noisyLatents.join(" and ")}`, await think({ noise: 0.3, noisyLatents })));
  trm.showTable(rows, { digits: 1 });
}

/** Noise and symmetries together, with as many chains as each alone. */
export async function exercise2() {
  const { think } = await failed();
  const kinds: Record<string, Partial<trm.ChainOptions>> = {
    noise: { noise: 0.3 },
    symmetries: { symmetries: chains },
    both: { noise: 0.3, symmetries: 4 },
  };
  const rows: trm.ResultsRow[] = [];
  for (const [name, options] of Object.entries(kinds)) rows.push(row(name, await think(options)));
  trm.showTable(rows, { digits: 1 });
}

/** The chart of costs, with chains that end when they halt. */
export async function exercise3() {
  const { think } = await failed();
  const thoughts = (await think({ noise: 0.3 })).map(trm.untilHalt);
  const names = (Object.keys(trm.methods) as trm.MethodName[]).filter(
    (method) => method !== "last" && method !== "rules",
  );
  await trm.showFigure(
    trm.pointsFigure({
      title: "Chains that end when they halt",
      xTitle: "supervision steps per puzzle",
      yTitle: "solved",
      series: names.map((name) => ({
        name,
        points: [1, 2, 4, 8, 16].map((width) => {
          const { spent, solved } = trm.scoreMethod(
            thoughts.map((puzzle) => trm.firstChains(puzzle, width)),
            name,
          );
          return { x: spent, y: solved };
        }),
      })),
    }),
  );
}

/** Seeds of the noise. Two methods that differ by d can be told apart by about (2 / d)^2 p (1 - p) puzzles, two standard deviations. */
export async function exercise4() {
  const { think } = await failed();
  const rows: ReturnType<typeof row>[] = [];
  for (const seed of [1, 2, 3]) rows.push(row(`seed ${seed}`, await think({ noise: 0.3, seed })));
  trm.showTable(rows, { digits: 1 });
  const p = trm.mean(rows.map((each) => each["solved %"])) / 100;
  console.log(`about ${Math.round((2 / 0.02) ** 2 * p * (1 - p))} puzzles for a difference of 2 points`);
}

/** Guesses of the search, and what they cost. */
export async function exercise5() {
  const { reasoner, params, puzzles, box } = await failed();
  const count = Math.min(32, trm.exampleCount(puzzles));
  const grids = Array.from({ length: count }, (_, i) => trm.sudokuDigits(trm.exampleAt(puzzles, i).inputs));
  const rows: trm.ResultsRow[] = [];
  for (const supervisionSteps of [2, 4, 8, 16]) {
    const searches = await trm.searchWithModel(reasoner, params, grids, box, { supervisionSteps });
    const sum = (read: (search: (typeof searches)[number]) => number) =>
      searches.reduce((all, each) => all + read(each), 0);
    const thoughts = sum((search) => search.thoughts);
    const guesses = sum((search) => search.guesses);
    rows.push({
      "supervision steps": supervisionSteps,
      guesses: guesses / count,
      "steps spent": (thoughts * supervisionSteps) / count,
    });
  }
  trm.showTable(rows, { digits: 2 });
}

/** What `npm run trm -- eval sudoku-6x6 --chains 16 --noise 0.3 --choose vote` computes. */
export async function exercise6() {
  const { reasoner, params, test, loss } = await failed();
  const { solved } = await trm.evaluateChains(reasoner, params, test, {
    chains,
    noise: 0.3,
    method: "vote",
    loss,
  });
  console.log(`${trm.percent(solved)} solved`);
}

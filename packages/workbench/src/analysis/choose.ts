import type { Chain, PuzzleChains } from "./chains";

/** The answer that a method takes: a chain and a step of it, both counted from 0. */
export interface Choice {
  readonly chain: number;
  readonly step: number;
  /** Supervision steps that the method spent on the puzzle, over all its chains. */
  readonly spent: number;
}

/** True if an answer keeps the rules of the puzzle, clues included. */
export type KeepsRules = (answer: Int32Array, question: Int32Array) => boolean;

/** A way to choose an answer out of what several chains thought. */
export interface Method {
  /** What it does, in a few words. */
  readonly about: string;
  /** True if it looks at the rules of the puzzle, which the model itself never does. */
  readonly checksRules?: boolean;
  /** Undefined where it gives no answer; its cost is then that of all chains. */
  choose(puzzle: PuzzleChains, keepsRules: KeepsRules): Choice | undefined;
  /** True if more steps cannot change its choice. */
  decided?(puzzle: PuzzleChains, keepsRules: KeepsRules): boolean;
}

/** Supervision steps of all chains up to a step. */
const spentUntil = (chains: readonly Chain[], step: number): number =>
  chains.reduce((sum, chain) => sum + Math.min(chain.length, step + 1), 0);

/** Supervision steps of all chains. */
export const spentOnAll = (chains: readonly Chain[]): number =>
  chains.reduce((sum, { length }) => sum + length, 0);

/** Steps of the longest chain. */
const longest = (chains: readonly Chain[]): number => Math.max(...chains.map(({ length }) => length));

/** The greatest value wins; the first of equals. */
function best<T>(items: readonly T[], scoreOf: (item: T) => number): T | undefined {
  let winner: T | undefined;
  for (const item of items) if (winner === undefined || scoreOf(item) > scoreOf(winner)) winner = item;
  return winner;
}

interface Place {
  readonly chain: number;
  readonly step: number;
}

const lastPlaces = (chains: readonly Chain[]): Place[] =>
  chains.map(({ length }, chain) => ({ chain, step: length - 1 }));

const believed =
  (chains: readonly Chain[]) =>
  ({ chain, step }: Place): number =>
    chains[chain][step].qHalt;

/** The best believed of these places, at a cost. */
function mostBelieved(chains: readonly Chain[], places: readonly Place[], spent: number): Choice | undefined {
  const place = best(places, believed(chains));
  return place && { ...place, spent };
}

/** The first step at which an answer passes; of several then the best believed. */
function firstToPass(
  chains: readonly Chain[],
  passes: (place: Place) => boolean,
  otherwise: () => Choice | undefined,
): Choice | undefined {
  for (let step = 0; step < longest(chains); step++) {
    const places = chains
      .map((_, chain) => ({ chain, step }))
      .filter(({ chain }) => step < chains[chain].length);
    const passing = places.filter(passes);
    if (passing.length > 0) return mostBelieved(chains, passing, spentUntil(chains, step));
  }
  return otherwise();
}

const bestBelief = ({ chains }: PuzzleChains): Choice | undefined =>
  mostBelieved(chains, lastPlaces(chains), spentOnAll(chains));

/** Steps over which the calmest chain is judged. Source: EqR, https://github.com/locuslab/EqR. */
const CALM_STEPS = 3;

/** Mean change of the last logits; a chain's first step has none before it. */
function unrest(chain: Chain): number {
  const changes = chain.slice(1).slice(-CALM_STEPS);
  return changes.reduce((sum, { change }) => sum + change, 0) / Math.max(changes.length, 1);
}

/** All methods by name. Source of the methods: arXiv 2605.19943 (noise and q), jvdillon/sic (first to halt), EqR (calmest). */
export const methods = {
  last: {
    about: "the last answer of the first chain: one try",
    choose: ({ chains: [first] }) => ({ chain: 0, step: first.length - 1, spent: first.length }),
  },
  "best-q": {
    about: "the last answer with the highest q",
    choose: bestBelief,
  },
  "best-q-ever": {
    about: "the answer with the highest q of all chains and steps",
    choose: ({ chains }) =>
      mostBelieved(
        chains,
        chains.flatMap((steps, chain) => steps.map((_, step) => ({ chain, step }))),
        spentOnAll(chains),
      ),
  },
  "first-to-halt": {
    about: "the first answer with q above 0; where none halts, the last one with the highest q",
    choose: (puzzle) =>
      firstToPass(
        puzzle.chains,
        ({ chain, step }) => puzzle.chains[chain][step].halts,
        () => bestBelief(puzzle),
      ),
    decided: ({ chains }) => chains.some((steps) => steps.some(({ halts }) => halts)),
  },
  calmest: {
    about: "the last answer of the chain whose logits changed least in its last 3 steps",
    choose: ({ chains }) => {
      const place = best(lastPlaces(chains), ({ chain }) => -unrest(chains[chain]));
      return place && { ...place, spent: spentOnAll(chains) };
    },
  },
  vote: {
    about: "the whole grid that most chains give in the end; of equals the one with the highest q",
    choose: ({ chains }) => {
      const votes = new Map<string, Place[]>();
      for (const place of lastPlaces(chains)) {
        const grid = chains[place.chain][place.step].tokens.join();
        votes.set(grid, [...(votes.get(grid) ?? []), place]);
      }
      const most = Math.max(...[...votes.values()].map(({ length }) => length));
      const leading = [...votes.values()].filter(({ length }) => length === most).flat();
      return mostBelieved(chains, leading, spentOnAll(chains));
    },
  },
  rules: {
    about: "the first answer that keeps the rules, or none",
    checksRules: true,
    choose: ({ chains, inputs }, keepsRules) =>
      firstToPass(
        chains,
        ({ chain, step }) => keepsRules(chains[chain][step].tokens, inputs),
        () => undefined,
      ),
    decided: ({ chains, inputs }, keepsRules) =>
      chains.some((steps) => steps.some(({ tokens }) => keepsRules(tokens, inputs))),
  },
} as const satisfies Readonly<Record<string, Method>>;

/** The name of a method of choosing. */
export type MethodName = keyof typeof methods;

/** The chains as they would be if each ended when it halts, as in training. */
export function untilHalt(puzzle: PuzzleChains): PuzzleChains {
  return cutChains(puzzle, (chain) => {
    const end = chain.findIndex(({ halts }) => halts);
    return end < 0 ? chain : chain.slice(0, end + 1);
  });
}

/** The first chains, and the first steps of each: what fewer would have thought. */
export function firstChains(
  puzzle: PuzzleChains,
  chains: number,
  steps = Number.POSITIVE_INFINITY,
): PuzzleChains {
  const fewer = { ...puzzle, chains: puzzle.chains.slice(0, chains) };
  return cutChains(fewer, (chain) => chain.slice(0, steps));
}

function cutChains(puzzle: PuzzleChains, cut: (chain: Chain) => Chain): PuzzleChains {
  return { ...puzzle, chains: puzzle.chains.map(cut) };
}

import { sha256 } from "@noble/hashes/sha2";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** Everything a {@link Random} needs to go on from where it was saved. Plain JSON. */
export interface RandomState {
  readonly seed: string;
  readonly state: readonly number[];
}

/** A seeded stream of random numbers: the only source of chance in this project. */
export interface Random {
  /** Uniform integer in `[from, to)`. */
  int(from: number, to: number): number;
  /** Uniform number in `[0, 1)`, with all 53 bits drawn. */
  float(): number;
  /** Normally distributed number with mean 0 and standard deviation 1. */
  normal(): number;
  /** Shuffles an array, or its items from `start` to before `end`, in place (Fisher-Yates) and returns it. */
  shuffle<T extends unknown[] | Int32Array | Uint8Array>(items: T, start?: number, end?: number): T;
  /** The numbers `0 … n-1` in random order. */
  permutation(n: number): Int32Array;
  /**
   * Another stream, fixed by this stream's seed and `name` alone: numbers already drawn do not matter, so one
   * consumer drawing more or less never disturbs another.
   */
  fork(name: string): Random;
  /** The present state, to be given to {@link restoreRandom}. */
  save(): RandomState;
}

/**
 * Starts a random stream (xoroshiro128+ of `pure-rand`).
 *
 * @param seed Any integer or text. Neighbouring seeds give unrelated streams, because seeds are hashed.
 * @example
 * const random = createRandom(1).fork("weights");
 * const die = random.int(1, 7);
 */
export function createRandom(seed: number | string): Random {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    throw new RangeError(`seed must be an integer or a text, got ${seed}`);
  }
  // A raw small integer leaves most state bits equal between seeds, which correlates their first draws.
  const digest = new DataView(sha256(`${seed}`).buffer);
  return restoreRandom({ seed: `${seed}`, state: [0, 4, 8, 12].map((at) => digest.getInt32(at, true)) });
}

/**
 * Continues a stream exactly where {@link Random.save} left it.
 *
 * @throws RangeError when the state is not one that `save` returned.
 */
export function restoreRandom({ seed, state }: RandomState): Random {
  if (typeof seed !== "string" || !isGeneratorState(state)) {
    throw new RangeError(
      "random state must be { seed: text, state: four 32-bit integers }, as save() returns it",
    );
  }
  const generator = xoroshiro128plusFromState(state);
  const int = (from: number, to: number): number => {
    if (!(to > from)) throw new RangeError(`no integer lies in [${from}, ${to})`);
    return uniformInt(generator, from, to - 1);
  };
  const float = (): number => uniformFloat64(generator);
  const shuffle = <T extends unknown[] | Int32Array | Uint8Array>(
    items: T,
    start = 0,
    end = items.length,
  ): T => {
    for (let last = end - 1; last > start; last--) {
      const pick = uniformInt(generator, start, last);
      [items[last], items[pick]] = [items[pick], items[last]];
    }
    return items;
  };
  return {
    int,
    float,
    // Box-Muller without keeping its second number: a spare would be one more thing to save. 1 - u is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    shuffle,
    permutation: (n) => {
      const items = new Int32Array(n);
      for (let i = 0; i < n; i++) items[i] = i;
      return shuffle(items);
    },
    fork: (name) => createRandom(`${seed}/${name}`),
    save: () => ({ seed, state: [...generator.getState()] }),
  };
}

function isGeneratorState(state: unknown): state is readonly number[] {
  return (
    Array.isArray(state) &&
    state.length === 4 &&
    state.every((word) => Number.isInteger(word) && (word | 0) === word)
  );
}

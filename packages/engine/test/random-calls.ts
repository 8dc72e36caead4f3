/** What random calls of tfjs's operations are made of. */
import fc from "fast-check";
import { tf } from "../src";
import type { T } from "./kernel-cases";

export type DType = "float32" | "int32" | "bool";

/** An argument: its elements follow from shape, type and seed. */
export interface Input {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly seed: number;
  /** Elements are indices below it; undefined where they may be anything. */
  readonly below?: number;
}

export interface RandomCall {
  /** As it would be written, for messages. */
  readonly text: string;
  readonly inputs: readonly Input[];
  readonly run: (...inputs: T[]) => T | T[];
}

export function tensorOf({ shape, dtype, seed, below }: Input): T {
  const size = tf.util.sizeFromShape([...shape]);
  const values = Array.from({ length: size }, (_, k) => (k * 37 + seed * 11 + ((k * k) >> 2)) % 17);
  const elements: Record<DType, (value: number) => number> = {
    float32: (value) => (value - 8) / 4,
    int32: (value) => (below === undefined ? value - 8 : value % below),
    bool: (value) => Number(value % 3 === 0),
  };
  return tf.tensor(values.map(elements[dtype]), [...shape], dtype);
}

/** Random choices; most make a call right, a few make it wrong. */
export class Chance {
  constructor(private readonly draw: fc.GeneratorValue) {}

  int = (min: number, max: number): number => this.draw(fc.integer, { min, max });
  /** True once in so many times. */
  once = (times: number): boolean => this.int(1, times) === times;
  coin = (): boolean => this.once(2);
  of = <V>(values: readonly V[]): V => values[this.int(0, values.length - 1)]!;
  ints = (count: number, min: number, max: number): number[] =>
    Array.from({ length: count }, () => this.int(min, max));

  /** Half of them are four examples of a batch, which native programs take block by block. */
  shape(minRank = 0, maxRank = 4): number[] {
    const shape = this.ints(this.int(minRank, maxRank), 1, 5);
    if (shape.length > 0 && this.coin()) shape[0] = 4;
    if (shape.length > 0 && this.once(40)) shape[this.int(0, shape.length - 1)] = 0;
    return shape;
  }

  input(shape: readonly number[], dtypes: readonly DType[] = ["float32", "int32", "bool"]): Input {
    return { shape, dtype: this.of(dtypes), seed: this.int(0, 99) };
  }

  indices(shape: readonly number[], below: number | undefined): Input {
    return { ...this.input(shape, ["int32"]), below: below || 1 };
  }

  /** Half are counted from the end, one in 30 is not there. */
  axis(rank: number): number {
    const axis = this.int(0, Math.max(0, rank - 1) + (this.once(30) ? 1 : 0));
    return this.coin() ? axis - rank : axis;
  }

  axes(rank: number): number[] {
    const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => this.coin());
    return axes.map((axis) => (this.once(4) ? axis - rank : axis));
  }

  permutation(rank: number): number[] {
    const left = Array.from({ length: rank }, (_, axis) => axis);
    const order = Array.from({ length: rank }, () => left.splice(this.int(0, left.length - 1), 1)[0]!);
    if (rank > 1 && this.once(40)) order[0] = order[1]!;
    return order;
  }

  /** A shape of as many elements. */
  factors(size: number): number[] {
    const shape: number[] = [];
    let left = size;
    while (left > 1 && shape.length < 4) {
      const factor = this.of(Array.from({ length: left }, (_, i) => i + 1).filter((d) => left % d === 0));
      shape.push(factor);
      left /= factor;
    }
    return left === 1 ? shape : [...shape, left];
  }

  /** Shapes that NumPy's rule stretches to each other; rarely ones that it does not. */
  broadcastable(count: number): number[][] {
    const shape = this.shape();
    return Array.from({ length: count }, () => {
      const own = shape.map((size) => (this.once(4) ? 1 : size)).slice(this.once(4) ? this.int(0, 2) : 0);
      if (own.length > 0 && this.once(60)) own[0] = own[0]! + 1;
      return own;
    });
  }
}

/** An argument as it comes, computed, or as a view of another tensor: what native programs read without a copy. */
type Origin = (x: Input) => { readonly text: string; readonly from: Input; readonly make: (x: T) => T };
const origins: readonly Origin[] = [
  (x) => ({ text: "x", from: x, make: (t) => t }),
  (x) => ({
    text: "computed x",
    from: x,
    make: (t) => (x.dtype === "bool" ? t.logicalNot().logicalNot() : t.neg().neg()),
  }),
  (x) => ({
    text: "transposed x",
    from: { ...x, shape: [...x.shape].reverse() },
    make: (t) => t.transpose(),
  }),
  (x) => ({ text: "reversed x", from: x, make: (t) => t.reverse() }),
  (x) => ({
    text: "every second x",
    from: { ...x, shape: x.shape.map((size) => 2 * size) },
    make: (t) => t.stridedSlice([...t.shape].fill(0), t.shape, [...t.shape].fill(2)),
  }),
];

/** So many calls of each kind; a kind is a function that chooses a call. */
export const randomCalls = (
  kinds: readonly ((c: Chance) => RandomCall)[],
  ofEach: number,
): fc.Arbitrary<RandomCall[]> =>
  fc.gen().map((draw) => {
    const chance = new Chance(draw);
    return kinds.flatMap((kind) => Array.from({ length: ofEach }, () => withOrigins(chance, kind(chance))));
  });

/** The call with arguments of random origins. */
function withOrigins(c: Chance, { text, inputs, run }: RandomCall): RandomCall {
  const made = inputs.map((x) => (x.shape.length > 0 && c.coin() ? c.of(origins) : origins[0]!)(x));
  const args = made.map(({ text }, i) => `${text}: ${inputs[i]!.dtype}[${inputs[i]!.shape}]`);
  return {
    text: `${text} of ${args.join(", ")}`,
    inputs: made.map(({ from }) => from),
    run: (...tensors) => run(...tensors.map((tensor, i) => made[i]!.make(tensor))),
  };
}

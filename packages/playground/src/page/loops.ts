import type { Latent } from "../protocol";

/** The numbers of the three loops. */
export interface Depth {
  readonly steps: number;
  readonly T: number;
  readonly n: number;
}

/** A place in the loops; all count from 1. */
export interface Place {
  readonly step: number;
  readonly recursion: number;
  /** Update of z, up to n; n + 1 is the update of y. */
  readonly update: number;
  /** What is computed: a latent, or the reading of the answer at the end of a supervision step. */
  readonly what: Latent | "read";
}

/** Places in a supervision step: T (n + 1) passes through the network, and the reading. */
export const placesPerStep = ({ T, n }: Depth): number => T * (n + 1) + 1;

export const placeCount = (depth: Depth): number => depth.steps * placesPerStep(depth);

/** The place with this number, from 0. */
export function placeAt(index: number, depth: Depth): Place {
  const { T, n } = depth;
  const perStep = placesPerStep(depth);
  const step = Math.floor(index / perStep) + 1;
  const within = index % perStep;
  if (within === perStep - 1) return { step, recursion: T, update: n + 1, what: "read" };
  const update = (within % (n + 1)) + 1;
  return { step, recursion: Math.floor(within / (n + 1)) + 1, update, what: update > n ? "y" : "z" };
}

/** The number of a place; the opposite of {@link placeAt}. */
export function indexOf({ step, recursion, update, what }: Place, depth: Depth): number {
  const perStep = placesPerStep(depth);
  const before = (step - 1) * perStep;
  return what === "read" ? before + perStep - 1 : before + (recursion - 1) * (depth.n + 1) + update - 1;
}

/** The lines of the code that a place lights up: the line itself first, then those it is called from. */
export function linesOf({ recursion, what }: Place, { T }: Depth): readonly string[] {
  if (what === "read") return ["heads", "halting", "step"];
  return [what, "recurse", recursion < T ? "improve" : "last", "deep", "step"];
}

/** What happens at a place, in one sentence. */
export function sentenceOf({ step, recursion, update, what }: Place, { steps, T, n }: Depth): string {
  const where = `Supervision step ${step} of ${steps}`;
  if (what === "read")
    return `${where}: the heads read the answer and the belief in it from y. In training, here the loss changes the weights.`;
  const recursions = `${where}, latent recursion ${recursion} of ${T}${recursion === T ? " (in training the one with gradients)" : ""}`;
  if (what === "y")
    return `${recursions}: y is updated from y and z. Without x the network knows that it shall answer.`;
  return `${recursions}, update ${update} of ${n}: z is updated from x, y and z.`;
}

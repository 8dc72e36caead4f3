import type { Latent } from "../protocol";

/** The numbers of the three loops. */
export interface Depth {
  readonly steps: number;
  readonly T: number;
  readonly n: number;
  /** 1: one latent z is reasoning and answer at once, and the update of the answer is z from z alone. */
  readonly latents: 1 | 2;
}

/** A place in the loops; all count from 1. */
export interface Place {
  readonly step: number;
  readonly recursion: number;
  /** Update of z, up to n; n + 1 is the update of the answer. */
  readonly update: number;
  /** What is computed: the reasoning, the answer (`y`, also where it is the one latent), or the reading of the answer at the end of a supervision step. */
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
export function linesOf({ recursion, what }: Place, { T, latents }: Depth): readonly string[] {
  if (what === "read") return ["heads", "halting", "step"];
  return [
    latents === 1 ? `single-${what}` : what,
    "recurse",
    recursion < T ? "improve" : "last",
    "deep",
    "step",
  ];
}

/** What is computed at each kind of place, from which inputs. */
export const formulasOf = ({ latents }: Pick<Depth, "latents">): Readonly<Record<Place["what"], string>> =>
  latents === 1
    ? { z: "z = net(x + z)", y: "z = net(z)", read: "answer = head(z),  belief = q(z)" }
    : { z: "z = net(x + y + z)", y: "y = net(y + z)", read: "answer = head(y),  belief = q(y)" };

/** The latent that a place computes, or "read". */
export const nameOf = ({ what }: Pick<Place, "what">, { latents }: Pick<Depth, "latents">): Place["what"] =>
  what === "y" && latents === 1 ? "z" : what;

/** What happens at a place, in one sentence. */
export function sentenceOf({ step, recursion, update, what }: Place, depth: Depth): string {
  const { steps, T, n, latents } = depth;
  const answer = nameOf({ what: "y" }, depth);
  const where = `Supervision step ${step} of ${steps}`;
  if (what === "read")
    return `${where}: the heads read the answer and the belief in it from ${answer}. In training, here the loss changes the weights.`;
  const recursions = `${where}, latent recursion ${recursion} of ${T}${recursion === T ? " (in training the one with gradients)" : ""}`;
  if (what === "y")
    return `${recursions}: ${answer} is updated from ${latents === 1 ? "z alone" : "y and z"}. Without x the network knows that it shall answer.`;
  return `${recursions}, update ${update} of ${n}: z is updated from ${latents === 1 ? "x and z" : "x, y and z"}.`;
}

import { type ShippedModel, shippedModels, type TrainableModel, trainableModels } from "../protocol";

export const tabs = ["think", "train", "understand"] as const;
export type Tab = (typeof tabs)[number];

/** All choices of the reader. The address holds those that differ from the defaults, so that a link shows the same page. */
export interface State {
  readonly tab: Tab;
  readonly model: ShippedModel | "trained";
  /** The question on one line, "." for a blank; empty: the first puzzle of the list. */
  readonly puzzle: string;
  /** Supervision steps; 0 here and in `n` and `T` is the model's own number. */
  readonly steps: number;
  readonly n: number;
  readonly T: number;
  readonly noise: number;
  readonly chains: number;
  readonly erase: "" | "y" | "z" | "yz";
  /** Supervision step before which the latents are erased. */
  readonly eraseAt: number;
  readonly seed: number;
  /** The latent that the board shows. */
  readonly read: "y" | "z";
  readonly train: TrainableModel;
  readonly trainSeed: number;
  /** 0: the configuration's own. */
  readonly rate: number;
  /** -1: the configuration's own. */
  readonly ema: number;
  readonly depth: number;
  readonly latents: 1 | 2;
  /** Place in the loops of the recursion, from 0. */
  readonly place: number;
}

/** What a request to think is made of. */
export const asked: readonly (keyof State)[] = [
  ...(["model", "puzzle", "steps", "n", "T"] as const),
  ...(["noise", "chains", "erase", "eraseAt", "seed"] as const),
];

export const defaults: State = {
  tab: "think",
  model: "6x6",
  puzzle: "",
  steps: 0,
  n: 0,
  T: 0,
  noise: 0,
  chains: 1,
  erase: "",
  eraseAt: 3,
  seed: 1,
  read: "y",
  train: "4x4",
  trainSeed: 1,
  rate: 0,
  ema: -1,
  depth: 0,
  latents: 2,
  place: 0,
};

const choices: { readonly [name in keyof State]?: readonly (string | number)[] } = {
  tab: tabs,
  model: [...shippedModels, "trained"],
  erase: ["", "y", "z", "yz"],
  read: ["y", "z"],
  train: trainableModels,
  latents: [1, 2],
};

/** These are no counts. */
const fractions: readonly (keyof State)[] = ["noise", "rate", "ema"];

const leasts: { readonly [name in keyof State]?: number } = { chains: 1, eraseAt: 1 };

/** Greatest values; the least is 0 where nothing else is said. */
const limits: { readonly [name in keyof State]?: number } = {
  steps: 64,
  n: 12,
  T: 8,
  noise: 2,
  chains: 16,
  eraseAt: 64,
  seed: 999,
  trainSeed: 999,
  rate: 1,
  ema: 0.9999,
  depth: 16,
  place: 1e6,
};

/** The state that an address names. What it does not name, or names wrongly, has its default. */
export function readState(hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const entries = Object.entries(defaults).map(([name, value]) => {
    const text = given.get(name);
    return [name, text === null ? value : valid(name as keyof State, text, value)];
  });
  return Object.fromEntries(entries);
}

function valid(name: keyof State, text: string, value: string | number): string | number {
  const read = typeof value === "number" ? Number(text) : text;
  const allowed = choices[name];
  if (allowed) return allowed.includes(read) ? read : value;
  if (typeof read === "string") return read.slice(0, 200);
  const whole = fractions.includes(name) || Number.isInteger(read);
  const least = leasts[name] ?? Math.min(0, Number(value));
  return text.trim() !== "" && whole && read >= least && read <= limits[name]! ? read : value;
}

/** The address of a state: `#tab=train&rate=0.01`. */
export function writeState(state: State): string {
  const changed = Object.entries(state).filter(([name, value]) => value !== defaults[name as keyof State]);
  const text = new URLSearchParams(changed.map(([name, value]) => [name, `${value}`])).toString();
  return `#${text}`;
}

type Listener = (state: State, before: State) => void;

/** The state of the page, in step with its address. */
export interface Store {
  get(): State;
  set(changes: Partial<State>): void;
  onChange(listener: Listener): void;
}

export function createStore(): Store {
  let state = readState(location.hash);
  const listeners: Listener[] = [];
  const become = (next: State): void => {
    const before = state;
    state = next;
    for (const listener of listeners) listener(state, before);
  };
  window.addEventListener("hashchange", () => become(readState(location.hash)));
  return {
    get: () => state,
    set(changes) {
      const next = { ...state, ...changes };
      history.replaceState(null, "", writeState(next));
      become(next);
    },
    onChange: (listener) => listeners.push(listener),
  };
}

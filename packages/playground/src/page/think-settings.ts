import type { Latent, ShippedModel, ThinkRequest } from "../protocol";
import { createSlider } from "./controls";
import { byId, element } from "./dom";
import { type ModelFacts, shipped } from "./models";
import { defaults, type State, type Store } from "./state";

export interface ThinkSettings {
  show(facts: ModelFacts | undefined): void;
  /** The three loops: the reader's numbers, else the model's own. */
  numbers(facts: ModelFacts): { readonly steps: number; readonly n: number; readonly T: number };
  request(id: number, facts: ModelFacts, grid: Uint8Array): ThinkRequest;
}

/** The controls of what the model may do while it thinks. */
export function createThinkSettings(store: Store): ThinkSettings {
  const sliders = {
    steps: createSlider({
      name: "Supervision steps",
      hint: "how often it may go over its answer",
      least: 1,
      most: 32,
      step: 1,
      onInput: (steps) => store.set({ steps }),
    }),
    n: createSlider({
      name: "n",
      hint: "updates of z before each update of y",
      least: 1,
      most: 12,
      step: 1,
      onInput: (n) => store.set({ n }),
    }),
    T: createSlider({
      name: "T",
      hint: "latent recursions in a supervision step",
      least: 1,
      most: 8,
      step: 1,
      onInput: (T) => store.set({ T }),
    }),
    noise: createSlider({
      name: "Noise",
      hint: "added to y and z before the first step; the first chain has none",
      least: 0,
      most: 2,
      step: 0.1,
      onInput: (noise) => store.set({ noise }),
    }),
    chains: createSlider({
      name: "Chains",
      hint: "tries that differ in their noise; the board shows the one that believes most in itself",
      least: 1,
      most: 16,
      step: 1,
      onInput: (chains) => store.set({ chains }),
    }),
  };
  byId("sliders").append(...Object.values(sliders).map(({ root }) => root));

  const model = byId<HTMLSelectElement>("model");
  model.append(
    ...Object.entries(shipped).map(([name, facts]) => element("option", { value: name }, facts.name)),
    element("option", { value: "trained" }, "the one trained here"),
  );
  model.addEventListener("change", () => {
    const name = model.value as ShippedModel | "trained";
    const own = { steps: 0, n: 0, T: 0 };
    const before = shipped[store.get().model as ShippedModel];
    const fits = before?.kind === shipped[name as ShippedModel]?.kind;
    store.set({ model: name, ...own, ...(fits ? {} : { puzzle: "" }) });
  });

  const erase = byId<HTMLSelectElement>("erase");
  const eraseAt = byId<HTMLInputElement>("erase-at");
  erase.addEventListener("change", () => store.set({ erase: erase.value as State["erase"] }));
  eraseAt.addEventListener("change", () => {
    if (eraseAt.validity.valid && eraseAt.value !== "") store.set({ eraseAt: eraseAt.valueAsNumber });
    else eraseAt.value = `${store.get().eraseAt}`;
  });
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="read"]'))
    radio.addEventListener("change", () => store.set({ read: radio.value as State["read"] }));
  byId("reset").addEventListener("click", () => {
    const { steps, n, T, noise, chains, erase, eraseAt, seed, read } = defaults;
    store.set({ steps, n, T, noise, chains, erase, eraseAt, seed, read });
  });

  const numbers: ThinkSettings["numbers"] = (facts) => {
    const { steps, n, T } = store.get();
    return { steps: steps || facts.steps, n: n || facts.n, T: T || facts.T };
  };
  return {
    numbers,
    show(facts) {
      const state = store.get();
      model.value = state.model;
      if (facts) {
        const { steps, n, T } = numbers(facts);
        sliders.steps.show(steps, Math.max(32, steps));
        sliders.n.show(n);
        sliders.T.show(T);
      }
      sliders.noise.show(state.noise);
      sliders.chains.show(state.chains);
      erase.value = state.erase;
      eraseAt.value = `${state.eraseAt}`;
      byId("erase-at-label").hidden = state.erase === "";
      for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="read"]'))
        radio.checked = radio.value === state.read;
    },
    request(id, facts, grid) {
      const { model, noise, chains, erase, eraseAt, seed } = store.get();
      const latents = [...erase] as Latent[];
      const erased = latents.length > 0 ? { erase: { latents, step: eraseAt } } : {};
      return { type: "think", id, model, grid, ...numbers(facts), noise, chains, seed, ...erased };
    },
  };
}

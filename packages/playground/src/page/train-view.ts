import type { FromWorker, LiveSettings, TrainableModel } from "../protocol";
import { createChart } from "./chart";
import { createSlider } from "./controls";
import { byId, percent } from "./dom";
import type { Evaluated } from "./kept";
import { trainable } from "./models";
import type { State, Store } from "./state";

export interface Curves {
  show(evaluations: readonly Evaluated[], losses: readonly (readonly [number, number])[]): void;
}

/** The curves of a training. */
export function createCurves(): Curves {
  const accuracy = createChart(byId("accuracy"), { xTitle: "training step", most: 1, format: percent });
  const loss = createChart(byId("loss"), { xTitle: "training step", format: (y) => y.toFixed(1) });
  return {
    show(evaluations, losses) {
      accuracy([
        { name: "live weights", style: "live", points: evaluations.map(({ step, live }) => [step, live]) },
        {
          name: "averaged weights",
          style: "averaged",
          points: evaluations.map(({ step, averaged }) => [step, averaged]),
        },
      ]);
      loss([{ name: "loss", style: "loss", points: losses }]);
    },
  };
}

export interface LiveControls {
  /** What the reader has chosen; the rest is the configuration's own. */
  chosen(): Partial<LiveSettings>;
  show(model: TrainableModel, ready: Extract<FromWorker, { type: "trainingReady" }> | undefined): void;
  /** Tells the training what has changed. */
  follow(state: State, before: State): void;
}

/** Two digits of a rate. */
const shortRate = (rate: number): string => Number(rate.toPrecision(2)).toString();
/** Rates are chosen by their magnitude. */
const logarithm = {
  to: Math.log10,
  from: (position: number): number => Number((10 ** position).toPrecision(2)),
};

/** Settings of a training as the address holds them: what is the configuration's own is left open. */
export function choicesOf(
  { learningRate, ema, supervisionSteps, latents }: LiveSettings,
  own: LiveSettings,
): Pick<State, "rate" | "ema" | "depth" | "latents"> {
  return {
    rate: learningRate === own.learningRate ? 0 : learningRate,
    ema: ema === own.ema ? -1 : ema,
    depth: supervisionSteps === own.supervisionSteps ? 0 : supervisionSteps,
    latents,
  };
}

/** The choices that may change while the model learns. */
export function createLiveSettings(
  store: Store,
  change: (settings: Partial<LiveSettings>) => void,
): LiveControls {
  const sliders = {
    rate: createSlider({
      name: "Learning rate",
      hint: "size of each change of the weights",
      least: -5,
      most: -1,
      step: 0.05,
      scale: logarithm,
      format: shortRate,
      onInput: (rate) => store.set({ rate }),
    }),
    depth: createSlider({
      name: "N_sup",
      hint: "supervision steps per puzzle at most",
      least: 1,
      most: 8,
      step: 1,
      onInput: (depth) => store.set({ depth }),
    }),
    ema: createSlider({
      name: "EMA",
      hint: "how slowly the averaged weights follow the live ones",
      least: 0,
      most: 0.999,
      step: 0.001,
      onInput: (ema) => store.set({ ema }),
    }),
  };
  byId("live").append(...Object.values(sliders).map(({ root }) => root));
  const radios = [...document.querySelectorAll<HTMLInputElement>('input[name="latents"]')];
  for (const radio of radios)
    radio.addEventListener("change", () => store.set({ latents: Number(radio.value) as 1 | 2 }));

  const settingsOf = ({ rate, ema, depth, latents }: State, own: LiveSettings): LiveSettings => ({
    learningRate: rate || own.learningRate,
    ema: ema < 0 ? own.ema : ema,
    supervisionSteps: depth || own.supervisionSteps,
    latents,
  });
  return {
    chosen() {
      const { rate, ema, depth, latents } = store.get();
      return {
        ...(rate > 0 && { learningRate: rate }),
        ...(ema >= 0 && { ema }),
        ...(depth > 0 && { supervisionSteps: depth }),
        // Two is what a new training has; one that goes on keeps its own.
        ...(latents === 1 && { latents }),
      };
    },
    show(model, ready) {
      const { learningRate, ema, supervisionSteps, latents } = settingsOf(store.get(), trainable[model].own);
      sliders.rate.show(learningRate);
      sliders.ema.show(ema);
      sliders.depth.show(supervisionSteps, ready?.mostSupervisionSteps ?? trainable[model].steps);
      for (const radio of radios) radio.checked = radio.value === `${latents}`;
    },
    follow(state, before) {
      const names = ["rate", "ema", "depth", "latents"] as const;
      if (names.every((name) => state[name] === before[name])) return;
      change(settingsOf(state, trainable[state.train].own));
    },
  };
}

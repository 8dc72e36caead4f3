import type { ModelConfig } from "./config";

/** Passes through the network that one supervision step takes in training. */
export interface Passes {
  /** Of which the gradient is taken. */
  readonly withGradient: number;
  /** That only improve the latents or, with `halting: "continue"`, look one supervision step ahead. */
  readonly withoutGradient: number;
}

/**
 * Cost of a supervision step in training, counted in passes through the network. Evaluation takes as many as
 * {@link effectiveDepth} / `layers`.
 * @example
 * passesPerStep({ ...paperModel, ...hrmModel }); // { withGradient: 2, withoutGradient: 10 }
 */
export function passesPerStep(
  config: Pick<ModelConfig, "recursion" | "n" | "T" | "gradientRecursions" | "halting" | "supervisionSteps">,
): Passes {
  const { recursion, n, gradientRecursions, halting, supervisionSteps } = config;
  const forward = passesForward(config);
  const perRecursion = recursion === "direct" ? 1 : recursion === "one-step" ? 2 : n + 1;
  const withGradient = gradientRecursions * perRecursion;
  const looksAhead = halting === "continue" && supervisionSteps > 1;
  return { withGradient, withoutGradient: forward - withGradient + (looksAhead ? forward : 0) };
}

/**
 * Layers that a supervision step's answer has passed through, one after the other: `layers` * T (n + 1).
 * Source: the paper's Table 3, "Depth".
 * @example
 * effectiveDepth(paperModel); // 42
 */
export function effectiveDepth(
  config: Pick<ModelConfig, "recursion" | "n" | "T" | "layers"> & Partial<Pick<ModelConfig, "answerLayers">>,
): number {
  const { layers, answerLayers, T } = config;
  // Of the n + 1 passes of a latent recursion, the last is of y's network.
  return layers * passesForward(config) + T * ((answerLayers ?? layers) - layers);
}

/** Passes of T latent recursions, each n updates of z and one of y. */
function passesForward({ recursion, n, T }: Pick<ModelConfig, "recursion" | "n" | "T">): number {
  return recursion === "direct" ? 1 : T * (n + 1);
}

import { noGradient, tf } from "tfjs-compile";
import type { ModelConfig } from "./config";
import { full, type Recursion } from "./recursion";

/**
 * HRM's gradient: only the last update of z and the last of y learn, as if the recursion had reached a fixed point.
 * Source: models/recursive_reasoning/hrm.py, "1-step grad"; the paper's section 3.1 doubts it, section 4.1 drops it.
 */
const oneStep: Recursion<"y" | "z"> = {
  latents: full.latents,
  answer: "y",
  recurse(net, x, { y, z }, n) {
    const earlier = noGradient(() => {
      let current = z;
      for (let i = 0; i < n - 1; i++) current = net.z(x, y, current);
      return current;
    });
    const last = net.z(x, y, earlier);
    return { y: net.y(y, last), z: last };
  },
};

/** One latent that must be reasoning and answer at once. Source: models/recursive_reasoning/trm_singlez.py. */
const singleLatent: Recursion<"z"> = {
  latents: () => ["z"],
  answer: "z",
  recurse(net, x, latents, n) {
    let { z } = latents;
    for (let i = 0; i < n; i++) z = net.z(x, z);
    return { z: net.y(z) };
  },
};

/** n reasoning latents, each updated once per recursion from the sum of all. Source: trm_hier6.py (n is 6 there). */
const manyLatents: Recursion = {
  latents: (n) => ["y", ...reasoningNames(n)],
  answer: "y",
  recurse(net, x, latents, n) {
    const z = reasoningNames(n).map((name) => latents[name]);
    const sum = () => z.reduce((total, latent) => tf.add(total, latent));
    for (let i = 0; i < n; i++) z[i] = net.z(sum(), latents.y, x);
    const y = net.y(latents.y, sum());
    return { y, ...Object.fromEntries(z.map((latent, i) => [reasoningNames(n)[i], latent])) };
  },
};

/**
 * No recursion: one pass through the network computes the answer from the question and the previous answer. With one supervision
 * step that is direct prediction, from x and a constant; with more, deep supervision alone.
 * Source: models/recursive_reasoning/transformers_baseline.py; "Direct pred" in the paper's Tables 4 and 5.
 */
const direct: Recursion<"y"> = {
  latents: () => ["y"],
  answer: "y",
  recurse: (net, x, { y }) => ({ y: net.y(x, y) }),
};

function reasoningNames(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `z${i + 1}`);
}

/** The paper's recursion and its ablations, by the name that a configuration gives them. */
export const recursions: Record<ModelConfig["recursion"], Recursion> = {
  full,
  "one-step": oneStep,
  "single-latent": singleLatent,
  "many-latents": manyLatents,
  direct,
};

// The code of the recursion for the page "Understand", read from the library when the site is built, so that it cannot go stale.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/paths.mjs";

/**
 * What the page shows: the lines from `from` to `to` of a file, and the lines that the places in the loops light up.
 * @type {readonly { title: string, file: string, from: string, to: string, marks: Record<string, string>, latents?: 1 | 2 }[]}
 */
const EXCERPTS = [
  {
    title: "supervision steps",
    file: "lib/src/trainer/evaluate.ts",
    from: "    for (let step = 0; step < steps; step++) {",
    to: "    }",
    marks: { step: "reasoner.step.run([params, latents, batch]" },
  },
  {
    title: "one supervision step",
    file: "lib/src/model/model.ts",
    from: "    forward(weights, latents, inputs, puzzleRows) {",
    to: "    },",
    marks: { deep: "deepRecursion(net, x, latents", heads: "logits: outputHead(", halting: "...qHead(" },
  },
  {
    title: "T latent recursions",
    file: "lib/src/model/recursion.ts",
    from: "  const recurse = (current",
    to: "  return recurse(improved, gradientRecursions);",
    marks: {
      recurse: "current = recursion.recurse(",
      improve: "const improved = noGradient(",
      last: "return recurse(improved",
    },
  },
  {
    title: "one latent recursion",
    file: "lib/src/model/recursion.ts",
    from: "  let { y, z } = latents;",
    to: "  return { y, z };",
    marks: { z: "z = net.z(x, y, z);", y: "y = net.y(y, z);" },
    latents: 2,
  },
  {
    title: "one latent recursion",
    file: "lib/src/model/ablations.ts",
    from: "    let { z } = latents;",
    to: "    return { z: net.y(z) };",
    marks: { "single-z": "z = net.z(x, z);", "single-y": "return { z: net.y(z) };" },
    latents: 1,
  },
];

/**
 * @param {(code: string, language: string) => string} colour
 * @throws {Error} naming the file and the line that is no longer in it
 */
export function loopCode(colour) {
  return EXCERPTS.map(({ title, file, from, to, marks, latents }) => {
    const all = readFileSync(join(ROOT, file), "utf8").split("\n");
    const first = all.findIndex((line) => line.startsWith(from));
    const length = all.slice(first).indexOf(to) + 1;
    if (first < 0 || length === 0) throw lost(file, first < 0 ? from : to);
    const lines = all.slice(first, first + length);
    const indent = Math.min(...lines.filter(Boolean).map((line) => line.search(/\S/)));
    const dedented = lines.map((line) => line.slice(indent));
    const at = Object.entries(marks).map(([name, text]) => {
      const line = dedented.findIndex((line) => line.includes(text));
      if (line < 0) throw lost(file, text);
      return [name, line];
    });
    const html = colour(dedented.join("\n"), "ts").split("\n");
    return { title, file, line: first + 1, lines: html, marks: Object.fromEntries(at), latents };
  });
}

const lost = (/** @type {string} */ file, /** @type {string} */ text) =>
  new Error(
    `scripts/site/loop-code.mjs: ${file} no longer has the line "${text.trim()}"; name the one that took its place`,
  );

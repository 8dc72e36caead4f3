import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../structure/packages";

const page = join(root, "packages", "playground", "src", "page");
const sheets = ["site.css", "playground.css"]
  .map((name) => readFileSync(join(page, name), "utf8"))
  .join("\n");

/** The least contrast of text, level AA of WCAG 2. */
const LEAST = 4.5;

type Rgb = readonly [number, number, number];
/** How often the sheets mix colours; all grounds of text among them are in {@link texts}. */
const [MIXES, GRADIENTS] = [7, 4];

const MODES = ["light", "dark"] as const;

const rgb = (hex: string): Rgb => {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  return [1, 3, 5].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255) as unknown as Rgb;
};

const linear = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const gamma = (value: number): number =>
  value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
const luminance = (colour: Rgb): number => {
  const [r, g, b] = colour.map(linear) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: Rgb, b: Rgb): number => {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
};

type Matrix = readonly [Rgb, Rgb, Rgb];
const times = (matrix: Matrix, v: Rgb): Rgb =>
  matrix.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as unknown as Rgb;
// Of CSS Color 4, "Converting between sRGB and Oklab".
const toLms: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const toLab: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const fromLab: Matrix = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
];
const fromLms: Matrix = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701],
];
/** `color-mix(in oklab, a share, b)`. */
function mix(a: Rgb, share: number, b: Rgb): Rgb {
  const lab = (colour: Rgb): Rgb =>
    times(toLab, times(toLms, colour.map(linear) as unknown as Rgb).map(Math.cbrt) as unknown as Rgb);
  const [from, to] = [lab(a), lab(b)];
  const mixed = from.map((value, i) => share * value + (1 - share) * to[i]!) as unknown as Rgb;
  const lms = times(fromLab, mixed).map((value) => value ** 3) as unknown as Rgb;
  return times(fromLms, lms).map((value) => Math.min(1, Math.max(0, gamma(value)))) as unknown as Rgb;
}
const over = (a: Rgb, share: number, b: Rgb): Rgb =>
  a.map((value, i) => share * value + (1 - share) * b[i]!) as unknown as Rgb;

const PAIR = /light-dark\((#[0-9a-f]{3,6}),\s*(#[0-9a-f]{3,6})\)/i;

/** The colours of a mode, by the names that the sheets give them. */
function colours(mode: (typeof MODES)[number]): (name: string) => Rgb {
  const found = [...sheets.matchAll(new RegExp(`--([a-z-]+): ${PAIR.source}`, "gi"))];
  const named = new Map(
    found.map(([, name, light, dark]) => [name, rgb((mode === "light" ? light : dark)!)]),
  );
  return (name) => {
    const colour = named.get(name);
    assert.ok(colour, `the sheets define no --${name}`);
    return colour;
  };
}

/** Every text of the pages: its colour, and the grounds that it stands on. */
function texts(mode: (typeof MODES)[number]): [what: string, text: Rgb, ground: Rgb][] {
  const of = colours(mode);
  const [paper, raised, ink, answer, wrong] = ["paper", "raised", "ink", "answer", "wrong"].map(of) as [
    Rgb,
    Rgb,
    Rgb,
    Rgb,
    Rgb,
  ];
  const lit = PAIR.exec(/\.code-line\.lit \{[^}]*\}/.exec(sheets)![0])!;
  const inks = ["ink", "soft-ink", "accent", "wrong-ink", "right-ink"];
  return [
    ...inks.map((name) => [`${name} on paper`, of(name), paper] as [string, Rgb, Rgb]),
    ...["ink", "soft-ink", "accent"].map(
      (name) => [`${name} on raised`, of(name), raised] as [string, Rgb, Rgb],
    ),
    ["a button", of("on-accent"), of("accent")],
    ["a sure cell, and the belief of a step", ink, mix(answer, 0.62, paper)],
    ...[0, 1].flatMap((sure): [string, Rgb, Rgb][] => {
      const ground = mix(wrong, 0.14 + 0.4 * sure, paper);
      const stripe = over(wrong, 0.45, ground);
      return [
        [`a wrong cell, ${sure} sure`, ink, ground],
        [`a stripe of a wrong cell, ${sure} sure`, ink, stripe],
      ];
    }),
    ["the lit line", ink, rgb(lit[mode === "light" ? 1 : 2]!)],
    ["a loop's name", ink, over(of("accent"), 0.05, paper)],
  ];
}

test("all text has a contrast of at least 4.5 in both modes", () => {
  const low = MODES.flatMap((mode) =>
    texts(mode)
      .map(([what, text, ground]) => [`${mode}: ${what}`, contrast(text, ground)] as const)
      .filter(([, value]) => value < LEAST)
      .map(([what, value]) => `${what} has ${value.toFixed(2)}`),
  );
  assert.deepEqual(low, []);
  // A new mixture or gradient of colours is a new ground: give it a line in `texts`.
  assert.deepEqual(
    [sheets.match(/color-mix/g)?.length, sheets.match(/gradient\(/g)?.length],
    [MIXES, GRADIENTS],
  );
  assert.equal(contrast([0, 0, 0], [1, 1, 1]).toFixed(2), "21.00");
});

test("so has every colour of code, on the grounds that code stands on", async () => {
  const { codeColours } = await import("./markdown.mjs");
  const { loopCode } = await import("./loop-code.mjs");
  const colour = await codeColours();
  loopCode(colour.html);
  const lit = PAIR.exec(/\.code-line\.lit \{[^}]*\}/.exec(sheets)![0])!;
  const classes = [...colour.css().matchAll(new RegExp(PAIR.source, "gi"))];
  assert.ok(classes.length > 3);
  const low = MODES.flatMap((mode, i) => {
    const of = colours(mode);
    const grounds = { paper: of("paper"), raised: of("raised"), lit: rgb(lit[i + 1]!) };
    return classes.flatMap((pair) =>
      Object.entries(grounds)
        .map(([name, ground]) => [name, contrast(rgb(pair[i + 1]!), ground)] as const)
        .filter(([, value]) => value < LEAST)
        .map(([name, value]) => `${mode}: ${pair[i + 1]} on ${name} has ${value.toFixed(2)}`),
    );
  });
  assert.deepEqual(low, []);
});

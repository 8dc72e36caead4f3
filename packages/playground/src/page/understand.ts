import type { Thought } from "../protocol";
import { createBoard } from "./board";
import { drawDiagram } from "./diagram";
import { byId, element, icon, percent, showPlaying } from "./dom";
import {
  type Depth,
  indexOf,
  linesOf,
  nameOf,
  type Place,
  placeAt,
  placeCount,
  placesPerStep,
  sentenceOf,
} from "./loops";
import { named } from "./models";
import type { Kind } from "./puzzles";
import type { Store } from "./state";

/** Excerpts of the library, coloured; scripts/site/loop-code.mjs reads them when the page is built. */
declare const LOOP_CODE: readonly {
  readonly title: string;
  readonly file: string;
  readonly line: number;
  readonly lines: readonly string[];
  readonly marks: { readonly [name: string]: number };
  /** Shown only for models with so many latents. */
  readonly latents?: 1 | 2;
}[];

/** What "Think" shows at present: its question and its answers so far. */
export interface Thinking {
  readonly kind: Kind;
  readonly clues: Uint8Array;
  readonly thoughts: readonly Thought[];
  readonly depth: Omit<Depth, "latents">;
}

const MILLISECONDS_PER_PLACE = 420;

/** @returns to be called when the thinking has changed */
export function createUnderstand(store: Store, thinking: () => Thinking | undefined): () => void {
  const board = createBoard({ label: "The answer after this supervision step" });
  const code = new Map<string, HTMLElement>();
  const figures = codeFigures(code);
  const overview = element("div", { class: "overview", role: "group", "aria-label": "Supervision steps" });
  const detail = element("div", {
    class: "detail",
    role: "group",
    "aria-label": "Passes of this supervision step",
  });
  const sentence = element("p", { class: "verdict", role: "status" });
  const slider = element("input", {
    type: "range",
    min: 0,
    step: 1,
    oninput: () => go(slider.valueAsNumber),
  });
  const play = element("button", { "aria-label": "Play", onclick: () => setPlaying(!playing) }, icon("play"));
  const caption = element("p", { class: "caption" });
  const diagram = drawDiagram((what) => {
    const { depth } = now();
    const place = placeAt(store.get().place, depth);
    go(indexOf({ ...place, what, update: what === "y" ? depth.n + 1 : 1 }, depth));
  });
  let playing = false;
  let drawnFor = "";

  const now = (): Thinking & { readonly depth: Depth; readonly index: number; readonly place: Place } => {
    const found = thinking() ?? {
      kind: named["6x6"].kind,
      clues: named["6x6"].kind.empty,
      thoughts: [],
      depth: { steps: 8, T: 2, n: 2 },
    };
    // The movements of a thought are those of its latents.
    const one = found.thoughts[0] !== undefined && found.thoughts[0].movement.y === undefined;
    const depth: Depth = { ...found.depth, latents: one ? 1 : 2 };
    const index = Math.min(store.get().place, placeCount(depth) - 1);
    return { ...found, depth, index, place: placeAt(index, depth) };
  };

  function go(index: number): void {
    store.set({ place: Math.max(0, Math.min(index, placeCount(now().depth) - 1)) });
  }
  function setPlaying(value: boolean): void {
    playing = value;
    showPlaying(play, value);
    if (value && now().index === placeCount(now().depth) - 1) go(0);
  }
  setInterval(() => {
    if (!playing || document.hidden || store.get().tab !== "understand") return;
    const { index, depth } = now();
    if (index + 1 < placeCount(depth)) go(index + 1);
    else setPlaying(false);
  }, MILLISECONDS_PER_PLACE);

  /** One button a supervision step, and one a pass of the present step: overview and detail at once. */
  function build(depth: Depth, step: number): void {
    const key = `${Object.values(depth)} ${step}`;
    if (key === drawnFor) return;
    drawnFor = key;
    const perStep = placesPerStep(depth);
    const steps = Array.from({ length: depth.steps }, (_, i) =>
      tick(`${i + 1}`, `supervision step ${i + 1}`, "s", () => go(i * perStep)),
    );
    const passes = Array.from({ length: perStep }, (_, i) => {
      const { what, recursion, update } = placeAt(i, depth);
      const name = nameOf({ what }, depth);
      return tick(name, `recursion ${recursion}, update ${update}: ${name}`, what, () =>
        go((step - 1) * perStep + i),
      );
    });
    const groups = Array.from({ length: depth.T }, (_, t) =>
      element("div", { class: "recursion" }, ...passes.slice(t * (depth.n + 1), (t + 1) * (depth.n + 1))),
    );
    const last = passes.at(-1);
    overview.replaceChildren(...steps);
    detail.replaceChildren(...groups, ...(last ? [last] : []));
    slider.max = `${placeCount(depth) - 1}`;
  }

  function show(): void {
    if (store.get().tab !== "understand") return;
    const { index, place, depth, kind, clues, thoughts } = now();
    // A redraw replaces the buttons: the one that had the keyboard gives it to its successor.
    const focused = [...overview.querySelectorAll("button"), ...detail.querySelectorAll("button")].indexOf(
      document.activeElement as HTMLButtonElement,
    );
    build(depth, place.step);
    if (focused >= 0)
      [...overview.querySelectorAll("button"), ...detail.querySelectorAll("button")][focused]?.focus();
    const within = index % placesPerStep(depth);
    for (const [i, button] of [...overview.querySelectorAll("button")].entries()) {
      light(button, i + 1 === place.step);
      const { halting } = thoughts[i] ?? {};
      button.style.setProperty("--belief", `${halting ?? 0}`);
    }
    for (const [i, button] of [...detail.querySelectorAll("button")].entries()) light(button, i === within);
    slider.value = `${index}`;
    sentence.textContent = sentenceOf(place, depth);
    diagram.show(place, depth);
    for (const [i, { latents = depth.latents }] of LOOP_CODE.entries())
      figures[i]!.hidden = latents !== depth.latents;
    const lines = linesOf(place, depth);
    for (const [name, line] of code) {
      line.classList.toggle("lit", name === lines[0] || (place.what === "read" && name === "halting"));
      line.classList.toggle("caller", lines.indexOf(name) > 0);
    }
    // The answer is only read at the end of a step; before that the board shows the last one that was.
    const thought = thoughts[place.what === "read" ? place.step - 1 : place.step - 2];
    const wrong = kind.broken(thought?.answer ?? clues, clues);
    board.show({
      kind,
      clues,
      wrong,
      ...(thought && { answer: thought.answer, confidence: thought.confidence }),
    });
    caption.textContent = thought
      ? `Read after supervision step ${thought.step}: belief ${percent(thought.halting)}, ${wrong.length === 0 ? "no rule broken" : `${wrong.length} cells break a rule`}. The puzzle is that of Think.`
      : "No answer has been read yet: the board shows the question x.";
  }

  const back = element(
    "button",
    { class: "plain", "aria-label": "One pass back", onclick: () => go(now().index - 1) },
    icon("back"),
  );
  const forth = element(
    "button",
    { class: "plain", "aria-label": "One pass on", onclick: () => go(now().index + 1) },
    icon("forth"),
  );
  const place = element("label", { class: "grow" }, element("span", {}, "place in the whole run"), slider);
  byId("loops").append(
    element("div", { class: "row controls" }, play, back, place, forth),
    element(
      "div",
      { class: "maps" },
      element("p", { class: "map-name" }, "the whole run"),
      overview,
      element("p", { class: "map-name" }, "this supervision step"),
      detail,
    ),
    sentence,
    element(
      "div",
      { class: "stage" },
      element("div", { class: "board-side" }, diagram.root, board.root, caption),
      // The innermost first: its lines change most.
      element("div", { class: "answer-side code-side" }, ...[...figures].reverse()),
    ),
  );
  store.onChange(show);
  return show;
}

function tick(text: string, label: string, kind: string, onclick: () => void): HTMLButtonElement {
  return element("button", { class: `tick ${kind}`, "aria-label": label, onclick }, text);
}

function light(button: HTMLElement, here: boolean): void {
  button.classList.toggle("here", here);
  if (here) button.setAttribute("aria-current", "step");
  else button.removeAttribute("aria-current");
}

function codeFigures(named: Map<string, HTMLElement>): HTMLElement[] {
  return LOOP_CODE.map(({ title, file, line, lines, marks }) => {
    const names = new Map(Object.entries(marks).map(([name, at]) => [at, name]));
    const spans = lines.map((html, i) => {
      const span = element("span", { class: "code-line" });
      span.innerHTML = html || " ";
      const name = names.get(i);
      if (name !== undefined) named.set(name, span);
      return span;
    });
    const where = element("small", {}, `${file}, line ${line}`);
    return element(
      "figure",
      {},
      element("figcaption", {}, title, where),
      element("pre", { class: "code", tabindex: 0, "aria-label": `${title}, ${file}` }, ...spans),
    );
  });
}

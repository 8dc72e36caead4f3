import { drawing } from "./dom";
import { type Depth, formulasOf, type Place } from "./loops";

export interface Diagram {
  readonly root: SVGElement;
  show(place: Place, depth: Depth): void;
}

/** The loops drawn as what they are: each a frame around what it repeats, with its count and an arrow back. */
export function drawDiagram(choose: (what: Place["what"]) => void): Diagram {
  const frames = [
    frame("steps", 4, 4, 432, 262),
    frame("recursion", 20, 40, 400, 156),
    frame("update", 36, 76, 226, 104),
  ];
  const z = node("z", 56, 114, 186, choose);
  const y = node("y", 274, 114, 132, choose);
  const read = node("read", 36, 212, 370, choose);
  const arrows = [
    arrow("M242 136h30"),
    arrow("M340 158v52"),
    // Back to the beginning of each loop.
    arrow("M149 158v12q0 6-6 6h-88q-6 0-6-6v-28q0-6 5-6", true),
  ];
  const root = drawing(
    "svg",
    { viewBox: "0 0 440 270", class: "diagram", role: "group", "aria-label": "The loops of the recursion" },
    drawing(
      "defs",
      {},
      drawing(
        "marker",
        { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
        drawing("path", { d: "M0 0 8 4 0 8z" }),
      ),
    ),
    ...frames.map(({ root }) => root),
    ...arrows,
    z,
    y,
    read,
  );
  const nodes = { z, y, read };
  return {
    root,
    show({ step, recursion, update, what }, depth) {
      const { steps, T, n } = depth;
      frames[0]!.say(`supervision step ${step} of ${steps}`, true);
      frames[1]!.say(
        `latent recursion ${recursion} of ${T}${recursion < T ? ", no gradient" : ", with gradient"}`,
        what !== "read",
      );
      frames[2]!.say(`update ${Math.min(update, n)} of ${n}`, what === "z");
      const formulas = formulasOf(depth);
      for (const name of ["z", "y", "read"] as const) {
        const made = nodes[name];
        made.setAttribute("aria-label", formulas[name]);
        made.querySelector("text")!.textContent = formulas[name];
        made.classList.toggle("here", name === what);
        if (name === what) made.setAttribute("aria-current", "step");
        else made.removeAttribute("aria-current");
      }
    },
  };
}

function frame(name: string, x: number, y: number, width: number, height: number) {
  const text = drawing("text", { x: x + 34, y: y + 23 });
  // The sign of a loop: an arrow that comes back.
  const loop = drawing("path", {
    d: `M${x + 26} ${y + 15}a6 6 0 1 0 1 5`,
    class: "arrow",
    "marker-end": "url(#tip)",
  });
  const root = drawing(
    "g",
    { class: `frame ${name}` },
    drawing("rect", { x, y, width, height, rx: 14 }),
    loop,
    text,
  );
  return {
    root,
    say(words: string, inside: boolean): void {
      text.textContent = words;
      root.classList.toggle("inside", inside);
    },
  };
}

function node(
  what: Place["what"],
  x: number,
  y: number,
  width: number,
  choose: (what: Place["what"]) => void,
): SVGElement {
  const text = drawing("text", { x: x + width / 2, y: y + 27, "text-anchor": "middle" });
  const go = (): void => choose(what);
  const made = drawing(
    "g",
    {
      class: `node ${what}`,
      tabindex: 0,
      role: "button",
      onclick: go,
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        go();
      },
    },
    drawing("rect", { x, y, width, height: 44, rx: 10 }),
    text,
  );
  return made;
}

const arrow = (d: string, back = false): SVGElement =>
  drawing("path", { d, class: back ? "arrow back" : "arrow", "marker-end": "url(#tip)" });

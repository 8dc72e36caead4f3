import { byId, drawing, element, icon, percent, showPlaying } from "./dom";

/** What the strip of steps shows of one step. */
export interface StepMark {
  /** Probability that the answer is right, as the halting head believes. */
  readonly belief: number;
  readonly solved: boolean;
}

/** The steps of a thought as something to play, like a recording. */
export interface Player {
  /** Puts the position before the first step, and plays as soon as there are steps. */
  restart(): void;
  /** The steps that there are so far. */
  marks(marks: readonly StepMark[], expected: number): void;
  position(): number;
}

const MILLISECONDS_PER_STEP = 550;

/** @param onPosition told the position, counted in steps: 0 is before the first */
export function createPlayer(onPosition: (position: number) => void): Player {
  const play = byId<HTMLButtonElement>("play");
  const slider = byId<HTMLInputElement>("step");
  const strip = byId("steps");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let position = 0;
  let have = 0;
  let playing = false;
  let last = 0;

  const go = (to: number): void => {
    position = Math.max(0, Math.min(have, to));
    slider.value = `${position}`;
    for (const [i, mark] of [...strip.children].entries())
      mark.toggleAttribute("data-here", i + 1 === position);
    onPosition(position);
  };
  const setPlaying = (value: boolean): void => {
    playing = value;
    showPlaying(play, value);
  };
  const stopAndGo = (to: number): void => {
    setPlaying(false);
    go(to);
  };
  play.addEventListener("click", () => {
    if (!playing && position === have) go(0);
    setPlaying(!playing);
  });
  slider.addEventListener("input", () => stopAndGo(slider.valueAsNumber));
  byId("back").append(icon("back"));
  byId("forth").append(icon("forth"));
  byId("back").addEventListener("click", () => stopAndGo(position - 1));
  byId("forth").addEventListener("click", () => stopAndGo(position + 1));

  let expected = 1;
  const advance = (now: number): void => {
    requestAnimationFrame(advance);
    if (!playing || have === 0) return;
    // Who wants no motion gets the last answer at once; the steps stay in the slider.
    if (calm.matches) go(have);
    else if (position < have && now - last >= (position === 0 ? 0 : MILLISECONDS_PER_STEP)) {
      last = now;
      go(position + 1);
    }
    if (position >= expected) setPlaying(false);
  };
  requestAnimationFrame(advance);

  return {
    restart() {
      have = 0;
      go(0);
      setPlaying(true);
    },
    marks(marks, total) {
      have = marks.length;
      expected = total;
      slider.max = `${Math.max(1, total)}`;
      strip.replaceChildren(...Array.from({ length: total }, (_, i) => stepMark(marks[i], i + 1)));
      go(position);
    },
    position: () => position,
  };
}

/** A bar as high as the belief, with a tick under it where the rules are kept. */
function stepMark(mark: StepMark | undefined, step: number): HTMLElement {
  const root = element("div", {
    class: "step",
    title: mark ? `step ${step}: ${percent(mark.belief)}` : false,
  });
  root.style.setProperty("--belief", `${mark?.belief ?? 0}`);
  const tick = drawing("svg", { viewBox: "0 0 12 12", class: mark?.solved ? "solved" : "open" });
  tick.append(drawing("path", { d: mark?.solved ? "M2 6.5 5 9.5 10 2.5" : "M6 6h.01" }));
  root.append(element("div", { class: "bar" }), tick);
  return root;
}

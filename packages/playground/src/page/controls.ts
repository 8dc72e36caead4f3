import { element } from "./dom";

/** A slider with its name and value. */
export interface Slider {
  readonly root: HTMLElement;
  show(value: number, most?: number): void;
}

export interface SliderOptions {
  readonly name: string;
  /** One line that says what it does. */
  readonly hint: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** The value on the slider's scale, and back. @default the value itself */
  readonly scale?: { readonly to: (value: number) => number; readonly from: (position: number) => number };
  readonly format?: (value: number) => string;
  readonly onInput: (value: number) => void;
}

/** A slider as people read it: its name, its value beside it, and what it does below. */
export function createSlider(options: SliderOptions): Slider {
  const { name, hint, least, most, step, onInput, format = String } = options;
  const { to, from } = options.scale ?? { to: (value: number) => value, from: (value: number) => value };
  const output = element("output");
  const input = element("input", {
    type: "range",
    min: least,
    max: most,
    step,
    oninput: () => {
      const value = from(input.valueAsNumber);
      label(value);
      onInput(value);
    },
  });
  const label = (value: number): void => {
    output.textContent = format(value);
    input.setAttribute("aria-valuetext", format(value));
  };
  const head = element("span", { class: "slider-head" }, element("span", {}, name), output);
  return {
    root: element("label", { class: "slider" }, head, input, element("small", {}, hint)),
    show(value, newMost) {
      if (newMost !== undefined) input.max = `${newMost}`;
      input.value = `${to(value)}`;
      label(value);
    },
  };
}

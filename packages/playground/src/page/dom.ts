/** Attributes of an element; `on…` are listeners, false and undefined leave an attribute out. */
type Attributes = {
  readonly [name: string]: string | number | boolean | ((event: never) => void) | undefined;
};

/** An element with attributes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

/** The same for drawings. */
export function drawing(tag: string, attributes: Attributes = {}, ...children: readonly Node[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

function set(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") target.addEventListener(name.slice(2), value as EventListener);
    else if (value !== false && value !== undefined)
      target.setAttribute(name, value === true ? "" : `${value}`);
  }
}

const ICONS = {
  play: "M5 3v14l12-7z",
  pause: "M5 3h4v14H5zM12 3h4v14h-4z",
  back: "M13 3 6 10l7 7 1.6-1.6L9.200 10l5.400-5.400z",
  forth: "M7 3 5.400 4.600 10.800 10l-5.400 5.400L7 17l7-7z",
  clear:
    "M7 4h11v12H7L1.500 10zM10 7.200 8.900 8.300 10.600 10l-1.700 1.700L10 12.800l1.700-1.700 1.700 1.700 1.100-1.100L12.800 10l1.700-1.700-1.100-1.100-1.700 1.700z",
};

/** A drawn sign, since not every device has the letters for them. */
export const icon = (name: keyof typeof ICONS): SVGElement =>
  drawing(
    "svg",
    { viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" },
    drawing("path", { d: ICONS[name], "fill-rule": "evenodd" }),
  );

/** Shows on a button whether a press plays or pauses. */
export function showPlaying(button: HTMLButtonElement, playing: boolean): void {
  button.replaceChildren(icon(playing ? "pause" : "play"));
  button.setAttribute("aria-label", playing ? "Pause" : "Play");
}

/** The element of the page with this id. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found as E;
}

/** Calls `work` once nothing has asked for it any more for some milliseconds. */
export function debounced(milliseconds: number, work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}

export const percent = (share: number): string => `${Math.round(100 * share)}%`;

import { type Figure, saveFigure } from "../figures";
import { figureBundle, interactiveBundle, showFigure } from "./display";
import { inNotebook, type NotebookOutput, showBundle } from "./tslab";

/** A chart under the cell that changes while the cell runs. */
export interface LiveFigure {
  /** Draws the figure in place of the last one, at most every `interval` milliseconds: call it as often as you like. */
  update(makeFigure: () => Figure): void;
  /** Draws the last figure, with its picture for viewers that show no interactive charts. */
  done(name?: string): Promise<void>;
}

/**
 * A chart that grows while a model trains. In a terminal nothing shows until `done`.
 *
 * @param options.interval milliseconds between two drawings @default 1000
 * @example
 * const chart = liveFigure();
 * for (const point of measure()) { points.push(point); chart.update(() => accuracyFigure({ … })); }
 * await chart.done("accuracy");
 */
export function liveFigure(options: { interval?: number } = {}): LiveFigure {
  const { interval = 1000 } = options;
  let output: NotebookOutput | undefined;
  let latest: (() => Figure) | undefined;
  let drawnAt = 0;

  return {
    update(makeFigure) {
      latest = makeFigure;
      if (!inNotebook() || Date.now() - drawnAt < interval) return;
      drawnAt = Date.now();
      const bundle = interactiveBundle(makeFigure());
      if (output) output.update(bundle);
      else output = showBundle(bundle);
    },
    async done(name) {
      if (!latest) return;
      const figure = latest();
      if (output) output.update(await figureBundle(figure));
      else return showFigure(figure, name);
      if (name) await saveFigure(figure, name);
    },
  };
}

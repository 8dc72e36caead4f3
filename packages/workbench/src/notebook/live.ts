import { type Figure, renderPng, saveFigure } from "../figures";
import { inNotebook, type MimeBundle, type NotebookOutput, showBundle } from "../terminal/tslab";
import { figureBundle, showFigure } from "./display";

/** A chart under the cell that changes while the cell runs. */
export interface LiveFigure {
  /** Draws the figure in place of the last one, at most once every `interval`: call it as often as you like. */
  update(makeFigure: () => Figure): void;
  /** Draws the last figure, now interactive, and saves it if it has a name. */
  done(name?: string): Promise<void>;
}

/**
 * A chart that grows while a model trains. In a terminal nothing shows until `done`.
 *
 * While it grows it is a picture: JupyterLab's Plotly view keeps the first figure that it drew and ignores updates.
 *
 * @param options.interval milliseconds between two drawings @default 2000
 * @example
 * const chart = liveFigure();
 * for (let step = 1; step <= 3; step++) {
 *   const curve = { name: "TRM", weights: "ema", steps: [0, step], seeds: [[0, step / 3]] } as const;
 *   chart.update(() => accuracyFigure({ title: "Accuracy", curves: [curve] }));
 * }
 * await chart.done();
 */
export function liveFigure(options: { interval?: number } = {}): LiveFigure {
  const { interval = 2000 } = options;
  let output: NotebookOutput | undefined;
  let latest: (() => Figure) | undefined;
  let drawnAt = -Infinity;
  let drawing: Promise<void> | undefined;

  const show = (bundle: MimeBundle) => {
    if (output) output.update(bundle);
    else output = showBundle(bundle);
  };

  return {
    update(makeFigure) {
      latest = makeFigure;
      if (!inNotebook() || drawing || performance.now() - drawnAt < interval) return;
      drawnAt = performance.now();
      drawing = renderPng(makeFigure())
        .then((png) =>
          show({ "image/png": Buffer.from(png).toString("base64"), "text/plain": "[live figure]" }),
        )
        // Without a browser the figure shows at the end only.
        .catch(() => undefined)
        .finally(() => {
          drawing = undefined;
        });
    },
    async done(name) {
      await drawing;
      if (!latest) return;
      const figure = latest();
      if (!inNotebook()) return showFigure(figure, name);
      show(await figureBundle(figure));
      if (name) await saveFigure(figure, name);
    },
  };
}

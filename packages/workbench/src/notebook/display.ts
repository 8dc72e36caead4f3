import { type Figure, renderPng, saveFigure } from "../figures";
import { inNotebook, type MimeBundle, showBundle } from "../terminal/tslab";

const plotlyType = "application/vnd.plotly.v1+json";

/**
 * Shows a figure under the cell: interactive in JupyterLab, as a picture everywhere else (previews, nbconvert, GitHub).
 * In a terminal it prints the title. With a name it is also saved as `figures/NAME.png` and `figures/NAME.json`.
 */
export async function showFigure(figure: Figure, name?: string): Promise<void> {
  if (inNotebook()) showBundle(await figureBundle(figure));
  else console.log(figureText(figure));
  if (name) await saveFigure(figure, name);
}

/** A figure in all its forms. Where no browser can draw the picture, the others must do. */
export async function figureBundle(figure: Figure): Promise<MimeBundle> {
  const bundle = { [plotlyType]: figure, "text/plain": figureText(figure) };
  try {
    const png = await renderPng(figure);
    return { ...bundle, "image/png": Buffer.from(png).toString("base64") };
  } catch {
    // saveFigure says so; here the reader sees the figure anyway.
    return bundle;
  }
}

function figureText(figure: Figure): string {
  const { title } = figure.layout;
  const text = typeof title === "object" ? title.text : title;
  return `[figure: ${text ?? "untitled"}]`;
}

/** Shows Markdown; prints its source in a terminal. */
export function showMarkdown(markdown: string): void {
  if (inNotebook()) showBundle({ "text/markdown": markdown, "text/plain": markdown });
  else console.log(markdown);
}

/**
 * Shows HTML. Scripts and SVG do not survive in notebooks that the reader has not run: use figures for drawings.
 * @param text the output of a terminal instead
 */
export function showHtml(html: string, text: string): void {
  if (inNotebook()) showBundle({ "text/html": html, "text/plain": text });
  else console.log(text);
}

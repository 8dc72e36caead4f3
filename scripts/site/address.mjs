/** Port of `npm run playground`. */
export const PORT = 8018;

/**
 * Where the site is found. Once it is published, write its address here and run `node scripts/site/links.mjs`, which puts it
 * into the first cell of every notebook.
 */
export const SITE = `http://localhost:${PORT}`;

/** JupyterLab as `npm run lab` opens it. */
export const LAB = "http://localhost:8888/lab/tree";

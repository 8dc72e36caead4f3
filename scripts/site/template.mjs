// The frame of all pages but those of the API reference.
import { posix } from "node:path";
import { escapeHtml } from "./markdown.mjs";

/** The main pages: what the header links to. */
export const NAVIGATION = [
  { name: "Playground", page: "index.html" },
  { name: "Notebooks", page: "notebooks/index.html" },
  { name: "Teaching", page: "teaching.html" },
  { name: "Benchmarks", page: "benchmarks.html" },
  { name: "Library", page: "library.html" },
  { name: "API", page: "api/index.html" },
];

/** The header of a page, with links from where it lies. @param {string} page @param {boolean} api whether the site has the API reference */
export function header(page, api) {
  const links = NAVIGATION.filter(({ page }) => api || !page.startsWith("api/")).map(({ name, page: to }) => {
    const current = to === page || (to.includes("/") && posix.dirname(to) === posix.dirname(page));
    return `<a href="${relativeTo(page, to)}"${current ? ' aria-current="page"' : ""}>${name}</a>`;
  });
  return `<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="brand" href="${relativeTo(page, "index.html")}">Tiny Recursive Models</a><nav aria-label="Site">${links.join("")}</nav></header>`;
}

/** A link from one page of the site to another. @param {string} from @param {string} to */
export const relativeTo = (from, to) => posix.relative(posix.dirname(from), to) || posix.basename(to);

/** @typedef {{ page: string, title: string, body: string, headings: { id: string, text: string, level: number }[], scripts?: string[], api: boolean }} Content */

/** A page of text. @param {Content} content */
export function textPage({ page, title, body, headings, scripts = [], api }) {
  const at = (/** @type {string} */ to) => relativeTo(page, to);
  const sections = headings.filter(({ level }) => level === 2);
  const contents = sections
    .map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`)
    .join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Tiny Recursive Models</title>
<link rel="icon" href="${at("icon.svg")}">
<link rel="stylesheet" href="${at("site.css")}">
<link rel="stylesheet" href="${at("code.css")}">
${scripts.map((script) => `<script defer src="${at(script)}"></script>`).join("\n")}
</head>
<body>
${header(page, api)}
<div class="text-page">
${sections.length > 2 ? `<nav class="contents" aria-label="On this page"><ol>${contents}</ol></nav>` : ""}
<main id="main" class="prose">
${body}
</main>
</div>
</body>
</html>
`;
}

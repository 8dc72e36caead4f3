// Markdown as HTML, with formulas and coloured code that need no script in the page.
import { posix } from "node:path";

/** @typedef {{ html: string, headings: { id: string, text: string, level: number }[] }} Rendered */

/**
 * A renderer of Markdown.
 * @param {Colour} colour
 * @param {(file: string) => string | undefined} pageFor the page of the site, from its top, that a file of the project became
 */
export async function markdownRenderer(colour, pageFor) {
  const formula = await formulas();
  // Not checked by the typecheck: their types are no packages of ours.
  const { default: MarkdownIt } = await import(/** @type {string} */ ("markdown-it"));
  const md = new MarkdownIt({ html: true, linkify: false, highlight: colour.html });
  addFormulas(md, formula);

  /**
   * @param {string} text
   * @param {string} file path of the text in the project, which its relative links start from
   * @returns {Rendered}
   */
  function render(text, file) {
    const tokens = md.parse(text, {});
    const headings = [];
    for (const [i, token] of tokens.entries()) {
      if (token.type === "heading_open") {
        const heading = tokens[i + 1].content.replace(/[`*$]|\]\(.*?\)|\[/g, "");
        const id = anchor(heading);
        token.attrSet("id", id);
        headings.push({ id, text: heading, level: Number(token.tag.slice(1)) });
      }
      for (const child of token.children ?? []) {
        if (child.type === "link_open") linkTo(child, pageFor, file);
        if (child.type === "image") child.attrSet("src", inSite(child.attrGet("src"), pageFor, file) ?? "");
      }
      if (token.children) token.children = withoutDeadLinks(token.children);
    }
    const html = md.renderer.render(tokens, md.options, {});
    // Wide tables scroll by themselves; the page does not.
    return {
      html: html.replaceAll("<table>", '<div class="wide"><table>').replaceAll("</table>", "</table></div>"),
      headings,
    };
  }
  return { render, code: colour.html };
}

/** Anchor of a heading, as GitHub makes it. @param {string} heading */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/**
 * @param {any} token an opened link
 * @param {(file: string) => string | undefined} pageFor
 * @param {string} file
 */
function linkTo(token, pageFor, file) {
  const target = inSite(token.attrGet("href"), pageFor, file);
  if (target === undefined) token.dead = true;
  else token.attrSet("href", target);
}

/**
 * A link target of a file as one of its page; undefined where the site has no such page.
 * @param {string} target
 * @param {(file: string) => string | undefined} pageFor
 * @param {string} file
 */
function inSite(target, pageFor, file) {
  if (/^([a-z]+:|#)/.test(target)) return target;
  const [path = "", fragment] = decodeURIComponent(target).split("#");
  const page = pageFor(posix.join(posix.dirname(file), path).replace(/\/$/, ""));
  const from = pageFor(file);
  if (page === undefined || from === undefined) return undefined;
  return posix.relative(posix.dirname(from), page) + (fragment === undefined ? "" : `#${fragment}`);
}

/** Links to files that are no pages become plain text. @param {any[]} tokens */
function withoutDeadLinks(tokens) {
  let dead = false;
  return tokens.filter((token) => {
    if (token.type === "link_open") dead = token.dead === true;
    const drop = dead && (token.type === "link_open" || token.type === "link_close");
    if (token.type === "link_close") dead = false;
    return !drop;
  });
}

/** `$…$` and `$$…$$`. @param {any} md @param {(tex: string, display: boolean) => string} formula */
function addFormulas(md, formula) {
  md.inline.ruler.before("escape", "formula", (/** @type {any} */ state, /** @type {boolean} */ silent) => {
    const found = /^(\$\$?)(?!\s)((?:\\.|[^$\\])+?)\1/s.exec(state.src.slice(state.pos));
    if (!found?.[2]) return false;
    if (!silent) {
      const token = state.push("formula", "", 0);
      token.content = found[2];
      token.markup = found[1];
    }
    state.pos += found[0].length;
    return true;
  });
  md.renderer.rules.formula = (/** @type {any[]} */ tokens, /** @type {number} */ i) =>
    formula(tokens[i].content, tokens[i].markup === "$$");
}

/**
 * TeX as MathML, which browsers draw by themselves.
 * @returns {Promise<(tex: string, display: boolean) => string>}
 */
async function formulas() {
  try {
    const { default: temml } = await import(/** @type {string} */ ("temml"));
    return (tex, displayMode) => plainLetters(temml.renderToString(tex, { displayMode, throwOnError: true }));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return (tex) => `<code>${escapeHtml(tex)}</code>`;
  }
}

/**
 * Mathematical letters as usual ones in an italic face. Browsers draw `<mi>z</mi>` with a letter of a mathematical font, and many
 * phones have none.
 * @param {string} mathml
 */
const plainLetters = (mathml) =>
  mathml
    .replace(/[\u{1d400}-\u{1d7ff}]/gu, (letter) => letter.normalize("NFKC"))
    .replace(/<mi>(\p{L})<\/mi>/gu, '<mi mathvariant="normal" class="italic">$1</mi>');

const LANGUAGES = ["typescript", "python", "shellscript", "json", "yaml"];
const NAMES = new Map(
  Object.entries({ ts: "typescript", typescript: "typescript", py: "python", python: "python" }).concat(
    Object.entries({ sh: "shellscript", bash: "shellscript", json: "json", yaml: "yaml" }),
  ),
);
const THEMES = { light: "github-light-high-contrast", dark: "github-dark-high-contrast" };

/** @typedef {Awaited<ReturnType<typeof codeColours>>} Colour */

/** Colours code by classes, so that one sheet has the colours of both modes. */
export async function codeColours() {
  const shiki = await import(/** @type {string} */ ("@gerrit0/mini-shiki"));
  await shiki.loadBuiltinWasm();
  const internal = await shiki.createShikiInternal({
    engine: shiki.createOnigurumaEngine(),
    langs: LANGUAGES.map((name) => shiki.bundledLanguages[name]),
    themes: Object.values(THEMES).map((name) => shiki.bundledThemes[name]),
  });
  /** @type {Map<string, string>} pairs of colours, and the class of each */
  const classes = new Map();

  /** @param {string} code @param {string} language @returns {string} HTML of the code alone */
  function html(code, language) {
    const lang = NAMES.get(language.toLowerCase());
    if (lang === undefined) return escapeHtml(code);
    const lines = shiki.codeToTokensWithThemes(internal, code, { lang, themes: THEMES });
    return lines.map((/** @type {any[]} */ line) => line.map(span).join("")).join("\n");
  }

  /** @param {{ content: string, variants: Record<"light" | "dark", { color?: string }> }} token */
  function span({ content, variants: { light, dark } }) {
    if (content.trim() === "") return content;
    const pair = `${light.color}/${dark.color}`;
    if (!classes.has(pair)) classes.set(pair, `c${classes.size}`);
    return `<span class="${classes.get(pair)}">${escapeHtml(content)}</span>`;
  }

  /** The sheet of all colours used so far. */
  const css = () =>
    [...classes]
      .map(([pair, name]) => {
        const [light, dark] = pair.split("/");
        return `.${name}{color:light-dark(${light},${dark})}`;
      })
      .join("\n");
  return { html, css };
}

/** @param {string} text */
export const escapeHtml = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);

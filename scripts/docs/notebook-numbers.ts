import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { experiments } from "trm-workbench/experiments";

const root = join(__dirname, "../..");

export interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly outputs?: readonly {
    readonly text?: readonly string[];
    readonly data?: { readonly [type: string]: unknown };
  }[];
}

/** A number in a notebook's text that nothing in the notebook shows. */
export interface UnsupportedNumber {
  readonly number: string;
  /** First line of its cell. */
  readonly cell: string;
}

/**
 * Percentages and decimal numbers of the text that stand neither in a table, a printed line or computed sentences of the same
 * notebook, nor in its code, nor among the numbers of others ("What the paper says", "What others report", the catalogue), nor
 * in a document that the same cell links to. A number must be there as it is written: a rounded one does not count. Exercises
 * are not checked.
 */
export function unsupportedNumbers(cells: readonly Cell[]): UnsupportedNumber[] {
  const paper = Object.values(experiments).flatMap(({ variants }) =>
    variants.flatMap(({ paper }) => (paper === undefined ? [] : [Number((100 * paper).toFixed(1))])),
  );
  const shown = new Set([...paper, ...cells.flatMap((cell) => valuesIn(shownBy(cell)))]);
  return cells
    .filter((cell) => cell.cell_type === "markdown" && !isOfPaper(cell))
    .flatMap((cell) => {
      const text = cell.source.join("").split("## Exercises")[0];
      const linked = new Set(linkedDocuments(text).flatMap(valuesIn));
      return claimedNumbers(text)
        .filter((number) => !shown.has(Number.parseFloat(number)) && !linked.has(Number.parseFloat(number)))
        .map((number) => ({ number, cell: text.trim().split("\n")[0] }));
    });
}

const isOfPaper = ({ source }: Cell): boolean =>
  /^## What (the paper says|others report)/m.test(source.join(""));

/** What a cell says: its code, its tables and lines; of a figure only the title; not the library's code. */
function shownBy(cell: Cell): string {
  if (cell.cell_type === "markdown") return isOfPaper(cell) ? cell.source.join("") : "";
  const outputs = (cell.outputs ?? []).map(({ text, data }) => {
    const markdown = [data?.["text/markdown"] ?? ""].flat().join("");
    if (/^\*\*(lib|packages)\//.test(markdown)) return "";
    return [text ?? data?.["text/plain"] ?? ""].flat().join("");
  });
  return [cell.source.join(""), ...outputs].join("\n");
}

const valuesIn = (text: string): number[] => (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);

/** `87.4%`, `0.73` in prose; not in code, formulas, addresses and numbers of sections and papers. */
function claimedNumbers(markdown: string): string[] {
  const prose = markdown.replace(
    /```[\s\S]*?```|`[^`]*`|\$\$[\s\S]*?\$\$|\$[^$]*\$|\]\([^)]*\)|https?:\S+|arXiv \S+|sections? \d[\d.]*/gi,
    " ",
  );
  return prose.match(/(?<![\w.])\d+(?:\.\d+)?%|(?<![\w.])\d+\.\d+(?![\w.])/g) ?? [];
}

function linkedDocuments(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#]+\.md)/g)]
    .map(([, path]) => join(root, "notebooks", path))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, "utf8"));
}

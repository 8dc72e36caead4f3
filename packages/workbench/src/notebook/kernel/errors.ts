import { SourceMap, type SourceMapPayload } from "node:module";
import { inspect } from "node:util";

/** How a cell failed, in Jupyter's words. */
export interface Failure {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** The code that a cell, or a file beside the notebook, was turned into. */
export interface Script {
  readonly code: string;
  /** From the code that runs back to the source, one step after the other. */
  readonly maps: readonly SourceMapPayload[];
}

interface Place {
  readonly maps: readonly SourceMap[];
  readonly source: readonly string[];
  readonly firstLine: number;
  readonly lines: number;
}

const places = new Map<string, Place>();

/**
 * Makes errors name the lines of `source` instead of those of the code that runs under the name `script`.
 * @param options.firstLine the line of the mapped text where the source begins
 * @param options.lines of the code; what stands behind them is the kernel's @default all
 */
export function registerScript(
  script: string,
  source: string,
  maps: readonly SourceMapPayload[],
  options: { firstLine: number; lines?: number },
): void {
  const { firstLine, lines = Infinity } = options;
  const read = maps.map((map) => new SourceMap(map));
  places.set(script, { maps: read, source: source.split("\n"), firstLine, lines });
}

/** Line of the source, counted from 1. */
function sourceLine({ maps, firstLine }: Place, line: number, column: number): number {
  let at = { line: line - 1, column: column - 1 };
  for (const map of maps) {
    const entry = map.findEntry(at.line, at.column);
    if (!("originalLine" in entry)) break;
    at = { line: entry.originalLine, column: entry.originalColumn };
  }
  return at.line + 1 - firstLine;
}

const kernelFolder = __dirname;
/** Frames of a library that are shown; those of cells are shown all. */
const libraryFrames = 12;

/** Stacks with the cells' own lines and without the kernel's inside, for every error that anyone prints. */
export function installStacks(): void {
  Error.stackTraceLimit = 60;
  Error.prepareStackTrace = (error, sites) => {
    let others = 0;
    const lines = sites.flatMap((site) => {
      const file = site.getFileName() ?? "";
      const place = places.get(file);
      const text = String(site);
      if (place) {
        if ((site.getLineNumber() ?? 1) > place.lines) return [];
        const line = sourceLine(place, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
        const position = `${file}:${site.getLineNumber()}:${site.getColumnNumber()}`;
        const name = file.replace(/\.js$/, ".ts");
        return [`    at ${text.replace(position, `${name}, line ${line}`)}${excerpt(place, line)}`];
      }
      if (isInside(file) || others++ >= libraryFrames) return [];
      return [`    at ${text}`];
    });
    return [headOf(error), ...lines].join("\n");
  };
}

function isInside(file: string): boolean {
  return file.startsWith("node:") || file.startsWith(kernelFolder) || /[\\/]tslab[\\/]dist[\\/]/.test(file);
}

function excerpt({ source }: Place, line: number): string {
  const text = source[line - 1]?.trim() ?? "";
  return text ? `: ${text.length > 100 ? `${text.slice(0, 99)}…` : text}` : "";
}

function headOf(error: Error): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;

/** Prints promises without what Node hangs on them to follow the cell they belong to. */
export function installPromiseText(): void {
  Object.defineProperty(Promise.prototype, inspect.custom, {
    configurable: true,
    value(this: Promise<unknown>, _depth: number, options: object) {
      const text = inspect(this, { ...options, customInspect: false });
      const tail = text.indexOf("[Symbol(async_id_symbol)]");
      if (tail < 0) return text;
      const shown = text.slice(0, tail).replace(/,\s*$/, "");
      return shown.split("\n").length > 2
        ? `${shown}\n}`
        : `${shown.replace(/\s+/, " ").replace(/\s+/g, " ")} }`;
    },
  });
}

/** How a thrown value is shown under its cell. */
export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) {
    const evalue = inspect(thrown, { depth: 2 });
    return { ename: "Thrown", evalue, traceback: [`${red("Thrown")}: ${evalue}`] };
  }
  const ename = String(thrown.name || thrown.constructor.name);
  const evalue = String(thrown.message);
  // Brackets stand for a missing stack.
  const lines = inspect(thrown)
    .replace(/^\[(.*)\]$/s, "$1")
    .split("\n");
  return { ename, evalue, traceback: [red(lines[0]), ...lines.slice(1), ...hints(evalue)] };
}

/** What a message does not say. */
function hints(message: string): string[] {
  const hint = {
    "Not supported in NodeJS": "Draw it with showFigure(…) of trm: danfo.js plots in a browser alone.",
  }[message.replace(/^Error: /, "")];
  return hint ? ["", hint] : [];
}

/** A message of the type checker; lines and columns count from 0. */
export interface Diagnostic {
  readonly start: { readonly line: number; readonly character: number };
  readonly messageText: string;
  readonly fileName?: string;
  readonly code: number;
}

/** How a cell that does not compile is shown. */
export function diagnosticsFailure(diagnostics: readonly Diagnostic[], source: string): Failure {
  const sourceLines = source.split("\n");
  const traceback = diagnostics.flatMap(({ start: { line, character }, messageText, fileName }) => {
    const text = `${fileName ? `${fileName} ` : ""}${line + 1}:${character + 1} - ${messageText}`;
    const code = fileName ? undefined : sourceLines[line];
    return code?.trim() ? [red(text), `    ${code}`, `    ${" ".repeat(character)}^`] : [red(text)];
  });
  return { ename: "TypeScriptError", evalue: diagnostics[0].messageText, traceback };
}

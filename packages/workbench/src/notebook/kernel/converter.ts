import type { SourceMapPayload } from "node:module";
import { join } from "node:path";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import type { Cell } from "./cell";
import type { Diagnostic } from "./errors";
import { newerTypes } from "./newer-types";

/**
 * tslab's converter, from a cell to JavaScript, and all that is changed of it. Its TypeScript is given to it with other
 * options: the library of the Node that runs, standard decorators, and source maps, which lead errors back to the cell.
 */

type Ts = typeof TypeScript;

/** A cell as JavaScript. */
export interface Converted {
  readonly output?: string;
  /** The declarations of this and all earlier cells. */
  readonly declOutput?: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly hasToplevelAwait?: boolean;
  /** Files beside the notebook that the cell imports. */
  readonly sideOutputs?: readonly { readonly path: string; readonly data: string }[];
  readonly lastExpressionVar?: string;
}

export interface Completions {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
}

export interface Converter {
  convert(declarations: string, source: string): Converted;
  complete(declarations: string, source: string, position: number): Completions;
  inspect(declarations: string, source: string, position: number): object | undefined;
  /** Registers a cell as a module that others import. */
  addModule(name: string, source: string, meta: object): readonly Diagnostic[];
  close(): void;
  /** The maps from a piece of output back to its source. */
  mapsOf(output: string): readonly SourceMapPayload[];
}

/** Lines that tslab puts before a cell. */
export const prefixLines = 1;

export function createConverter(): Converter {
  const name = require.resolve("@tslab/typescript-for-tslab");
  const ts: Ts = require(name);
  const maps = new Map<string, readonly SourceMapPayload[]>();
  const loaded = require.cache[name]!;
  // tslab keeps the object that it gets here.
  loaded.exports = { ...ts, ...changes(ts, maps) };
  let converter: Omit<Converter, "mapsOf">;
  try {
    converter = require("tslab/dist/converter").createConverter({ isJS: false, isBrowser: false });
  } finally {
    loaded.exports = ts;
  }
  return {
    ...converter,
    convert: (declarations, source) => {
      const converted = converter.convert(declarations, expandShorthand(ts, source));
      if (!converted.output) return converted;
      const { code, isAsync } = guardAwaits(ts, converted.output);
      maps.set(code, maps.get(converted.output) ?? []);
      return { ...converted, output: code, hasToplevelAwait: isAsync };
    },
    mapsOf: (output) => maps.get(output) ?? [],
  };
}

/** Makes tslab's `display`, and our figures and tables, show under this cell. */
export function displayIn(cell: Cell): void {
  require("tslab/dist/jupyter").lastWriteDisplayData = (content: object, isUpdate: boolean) =>
    cell.publish(isUpdate ? "update_display_data" : "display_data", content);
}

type System = TypeScript.System;

/** The functions of TypeScript that tslab's converter gets instead. */
function changes(ts: Ts, maps: Map<string, readonly SourceMapPayload[]>): Partial<Ts> {
  const newer = join(process.cwd(), "__newer__.d.ts");
  const createWatchCompilerHost = (files: string[], options: object, system: System, ...rest: unknown[]) => {
    keepTimersApart(system);
    const { fileExists, readFile, watchFile } = system;
    system.fileExists = (path) => path === newer || fileExists(path);
    system.readFile = (path, encoding) => (path === newer ? newerTypes() : readFile(path, encoding));
    system.watchFile = (path, ...more) =>
      path === newer ? { close: () => {} } : watchFile!.call(system, path, ...more);
    const create = ts.createWatchCompilerHost as unknown as (...all: unknown[]) => unknown;
    const changed = {
      ...options,
      lib: ["lib.es2023.d.ts"],
      experimentalDecorators: false,
      inlineSourceMap: true,
    };
    return create([...files, newer], changed, system, ...rest);
  };
  const createWatchProgram = (host: never) => {
    const create = ts.createWatchProgram as (host: never) => {
      updateRootFileNames(files: readonly string[]): void;
    };
    const watch = create(host);
    return {
      ...watch,
      updateRootFileNames: (files: readonly string[]) => watch.updateRootFileNames([...files, newer]),
    };
  };
  const transpileModule: Ts["transpileModule"] = (input, options) => {
    const [text, inner] = takeMap(input);
    const compilerOptions = { ...options.compilerOptions, inlineSourceMap: true };
    const result = ts.transpileModule(text, { ...options, compilerOptions });
    const [outputText, outer] = takeMap(result.outputText);
    maps.set(
      outputText,
      [outer, inner].filter((map) => map !== undefined),
    );
    return { ...result, outputText };
  };
  return { createWatchCompilerHost, createWatchProgram, transpileModule } as unknown as Partial<Ts>;
}

/**
 * tslab starts TypeScript's timer for a new program by hand, and takes every timer for that one: a change among the files
 * that TypeScript looked for in vain then ended in "Unexpected pending rebuildTimer".
 */
function keepTimersApart(system: System): void {
  const { setTimeout: setRebuild, clearTimeout: clearRebuild } = system;
  const others = new Set<unknown>();
  system.setTimeout = (callback, milliseconds, ...args) => {
    if (callback.name !== "invalidateResolutionsOfFailedLookup")
      return setRebuild?.(callback, milliseconds, ...args);
    const timer = setTimeout(callback, milliseconds, ...args);
    timer.unref();
    others.add(timer);
    return timer;
  };
  system.clearTimeout = (timer) => {
    if (others.delete(timer)) clearTimeout(timer);
    else clearRebuild?.(timer);
  };
}

/** Parts a piece of JavaScript and the source map in its last line. */
function takeMap(text: string): [text: string, map: SourceMapPayload | undefined] {
  const found = /\n?\/\/# sourceMappingURL=data:[^,]*;base64,([\w+/=]+)\s*$/.exec(text);
  if (!found) return [text, undefined];
  return [text.slice(0, found.index), JSON.parse(Buffer.from(found[1], "base64").toString())];
}

/**
 * Writes every shorthand property out: `{ x }` -> `{ x: x }`. tslab rewrites names of earlier cells to `exports.name`, but
 * leaves them alone in `{ name }`, which then fails with "name is not defined".
 */
export function expandShorthand(ts: Ts, source: string): string {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  const places: Insertion[] = [];
  const visit = (node: TypeScript.Node): void => {
    // A default, as in `({ x = 1 } = y)`, makes it an assignment target, where tslab is right.
    if (ts.isShorthandPropertyAssignment(node) && !node.objectAssignmentInitializer) {
      places.push([node.name.end, `: ${node.name.text}`]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return inserted(source, places);
}

/**
 * Lets an interrupt end what waits: `await x` -> `await __kernel__.wait(x)`, and the same for `for await`. Lines stay. Tells
 * whether the code itself waits, and not only functions in it: tslab overlooks `await (x)`.
 */
export function guardAwaits(ts: Ts, code: string): { code: string; isAsync: boolean } {
  if (!code.includes("await")) return { code, isAsync: false };
  // Only in an async function is every `await` one.
  const head = "async () => {";
  const file = ts.createSourceFile(
    "cell.js",
    `${head}${code}\n}`,
    ts.ScriptTarget.ES2022,
    true,
    ts.ScriptKind.JS,
  );
  const places: Insertion[] = [];
  let isAsync = false;
  const visit = (node: TypeScript.Node, depth: number): void => {
    const isForAwait = ts.isForOfStatement(node) && node.awaitModifier !== undefined;
    if (isForAwait || ts.isAwaitExpression(node)) {
      const { expression } = node;
      const start = `__kernel__.${isForAwait ? "waitEach" : "wait"}(`;
      places.push([expression.getStart() - head.length, start], [expression.end - head.length, ")"]);
      isAsync ||= depth === 1;
    }
    const inner = ts.isFunctionLike(node) ? depth + 1 : depth;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(file, 0);
  return { code: inserted(code, places), isAsync };
}

type Insertion = [position: number, text: string];

function inserted(text: string, places: readonly Insertion[]): string {
  const sorted = [...places].sort(([a], [b]) => a - b);
  const pieces = sorted.map(([position, added], i) => text.slice(sorted[i - 1]?.[0] ?? 0, position) + added);
  return pieces.join("") + text.slice(sorted.at(-1)?.[0] ?? 0);
}

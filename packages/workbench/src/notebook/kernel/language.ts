import { createRequire, Module } from "node:module";
import { dirname, extname, join } from "node:path";
import { inspect, types } from "node:util";
import { runInThisContext } from "node:vm";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import { type Cell, currentCell, Interrupted, wait, waitEach } from "./cell";
import { type Converted, createConverter, displayIn, prefixLines } from "./converter";
import { type Diagnostic, diagnosticsFailure, type Failure, failureOf, registerScript } from "./errors";
import { reachedDeclarations, reservedName } from "./names";
import type { Language } from "./server";

/** Names that a list of completions has at most. */
const mostCompletions = 120;

/** TypeScript in cells that share their names: converted by tslab, run in this process. */
export function createLanguage(): Language {
  const ts: typeof TypeScript = require("@tslab/typescript-for-tslab");
  const converter = createConverter();
  const { getCodeMetadata } = require("tslab/dist/metadata");
  const folder = process.cwd();
  const files = sideModules(folder);
  const assigned = new Set<string>();
  const names = createExports(assigned);
  /** Declarations of all names that cells can use. */
  let known = "";

  const run = async (converted: Converted, source: string, cell: Cell): Promise<void> => {
    const { output = "", hasToplevelAwait, lastExpressionVar } = converted;
    const filename = `cell ${cell.number}`;
    const lines = output.split("\n").length;
    registerScript(filename, source, converter.mapsOf(output), { firstLine: prefixLines, lines });
    // The names start without a value; those of earlier cells keep theirs until they get a new one.
    const code = output.replace(/^(exports\.[\w$]+ = )+void 0;$/gm, "");
    const prefix = `(({ names, require, __kernel__, setTimeout, setInterval, setImmediate }) => (${hasToplevelAwait ? "async " : ""}(exports, require) => {`;
    const key = "__kernel__";
    Object.defineProperty(globalThis, key, {
      configurable: true,
      enumerable: false,
      value: {
        names,
        require: files.require,
        __kernel__: { wait, waitEach },
        setTimeout: cell.timing(setTimeout, true),
        setInterval: cell.timing(setInterval, false),
        setImmediate: cell.timing(setImmediate, true),
      },
    });
    const result = runInThisContext(`${prefix}${code}\n})(names, require))(globalThis.${key})`, {
      filename,
      columnOffset: -prefix.length,
      breakOnSigint: true,
      displayErrors: false,
    });
    if (hasToplevelAwait) await whileFindingInterrupts(cell.whole(result));
    else findLostInterrupt();
    if (!lastExpressionVar) return;
    const value = names[lastExpressionVar];
    delete names[lastExpressionVar];
    if (value !== null && value !== undefined) show(value);
  };

  /** Keeps the names that got their value before the error. */
  const keepNames = (source: string) => {
    let pieces = reachedDeclarations(ts, source, (name) => assigned.has(name));
    while (pieces.length > 0) {
      const kept = converter.convert(known, pieces.join("\n"));
      if (kept.diagnostics.length === 0) {
        known = kept.declOutput ?? known;
        return;
      }
      pieces = without(pieces, kept.diagnostics[0]);
    }
  };

  const execute = async (source: string, cell: Cell): Promise<Failure | undefined> => {
    displayIn(cell);
    const meta = getCodeMetadata(source);
    if (meta.module) {
      const diagnostics = converter.addModule(meta.module, source, meta);
      return diagnostics.length > 0 ? diagnosticsFailure(diagnostics, source) : undefined;
    }
    const clash = reservedName(ts, source);
    if (clash) return diagnosticsFailure([clashOf(source, clash)], source);
    const converted = converter.convert(known, source);
    files.update(converted.sideOutputs ?? []);
    for (const { path, data } of converted.sideOutputs ?? []) {
      registerScript(path, "", converter.mapsOf(data), { firstLine: 0 });
    }
    if (converted.diagnostics.length > 0)
      return diagnosticsFailure(explained(converted.diagnostics, source), source);
    assigned.clear();
    try {
      if (converted.output) await run(converted, source, cell);
      known = converted.declOutput ?? "";
      return undefined;
    } catch (error) {
      keepNames(source);
      if ((error as { code?: unknown })?.code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") return failureOf(error);
      cell.interrupt();
      return failureOf(new Interrupted());
    }
  };

  return {
    info: kernelInfo(ts.version),
    execute: (source, cell) =>
      currentCell.run(cell, () => execute(source, cell)).catch((error: unknown) => failureOf(error)),
    complete: (source, position) => {
      const { start, end, candidates } = converter.complete(known, source, position);
      return { matches: shortList(candidates), cursor_start: start, cursor_end: end };
    },
    inspect: (source, position) => {
      const { printQuickInfo } = require("tslab/dist/inspect");
      for (const place of [position, calleeEnd(ts, source, position)]) {
        const info = place === undefined ? undefined : converter.inspect(known, source, place);
        if (info) return printQuickInfo(info);
      }
      return undefined;
    },
    isComplete: (source) => {
      const { completed, indent } = require("tslab/dist/converter").isCompleteCode(source);
      return completed ? { status: "complete" } : { status: "incomplete", indent };
    },
    close: () => converter.close(),
  };
}

/** Of a long list, the names that begin with a small letter come first: functions before the classes and kernels of tfjs. */
function shortList(names: readonly string[]): string[] {
  if (names.length <= mostCompletions) return [...names];
  const isSmall = (name: string) => /^[a-z]/.test(name);
  return [...names.filter(isSmall), ...names.filter((name) => !isSmall(name))].slice(0, mostCompletions);
}

function kernelInfo(version: string): object {
  return {
    status: "ok",
    protocol_version: "5.3",
    implementation: "tslab",
    implementation_version: require("tslab/package.json").version,
    banner: `TypeScript ${version} on Node ${process.version}`,
    language_info: {
      name: "typescript",
      version,
      mimetype: "text/typescript",
      file_extension: ".ts",
      // JupyterLab takes the mode, the classic notebook the rest.
      codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
    },
  };
}

/**
 * Node loses an interrupt that comes just when code ends that it could break, and breaks the next such code for it. This is
 * a piece of such code.
 */
function findLostInterrupt(): boolean {
  try {
    runInThisContext("for (const end = Date.now() + 2; Date.now() < end;);", { breakOnSigint: true });
    return false;
  } catch {
    return true;
  }
}

async function whileFindingInterrupts(result: Promise<void>): Promise<void> {
  let tries = 30;
  const timer = setInterval(() => {
    if (--tries === 0) clearInterval(timer);
    if (findLostInterrupt()) process.emit("SIGINT", "SIGINT");
  }, 100);
  try {
    await result;
  } finally {
    clearInterval(timer);
  }
}

/** Prints the value of a cell's last expression. */
function show(value: unknown): void {
  const kind = (value as object).constructor?.name;
  // A timer's inside is of no use, and a dozen lines long.
  if (kind === "Timeout" || kind === "Immediate") console.log(`[${kind}]`);
  else if (types.isPromise(value) && inspect(value).includes("<pending>")) {
    console.log(value, "write `await` before it to wait for its value");
  } else console.log(value);
}

/** The object that holds the names of all cells. TypeScript defines imported names on it; they shall be assignable too. */
function createExports(assigned: Set<string>): Record<string, unknown> {
  return new Proxy<Record<string, unknown>>(
    {},
    {
      set(target, name, value) {
        assigned.add(String(name));
        target[String(name)] = value;
        return true;
      },
      defineProperty(target, name, { get, value }) {
        if (name === "__esModule") return true;
        assigned.add(String(name));
        target[String(name)] = get ? get() : value;
        return true;
      },
    },
  );
}

type Require = (id: string) => unknown;

/** `require` for cells, with the TypeScript files beside the notebook that the converter has turned into JavaScript. */
function sideModules(folder: string) {
  const outputs = new Map<string, string>();
  const loaded = new Map<string, Module>();
  const from = (plain: NodeJS.Require | Require, base: string): Require => {
    const load = (id: string): unknown => {
      if (id === "tslab") return require("tslab");
      const path = join(base, extname(id) ? id : `${id}.js`);
      const known = loaded.get(path);
      if (known) return known.exports;
      const output = outputs.get(path);
      if (output === undefined) return plain(id);
      const made = new Module(path) as Module & { _compile(code: string, path: string): void };
      made.filename = path;
      made.paths = (Module as unknown as { _nodeModulePaths(path: string): string[] })._nodeModulePaths(
        dirname(path),
      );
      made.require = from(made.require.bind(made), dirname(path)) as NodeJS.Require;
      loaded.set(path, made);
      made._compile(output, path);
      return made.exports;
    };
    return Object.assign(load, plain);
  };
  return {
    require: from(createRequire(join(folder, "cell.js")), folder),
    update(changed: readonly { readonly path: string; readonly data: string }[]) {
      for (const { path, data } of changed) {
        outputs.set(path, data);
        loaded.delete(path);
      }
    },
  };
}

function clashOf(source: string, { name, position }: { name: string; position: number }): Diagnostic {
  const before = source.slice(0, position).split("\n");
  const messageText = `A cell cannot declare '${name}', which the kernel needs itself: choose another name.`;
  return { start: { line: before.length - 1, character: before.at(-1)!.length }, messageText, code: 0 };
}

/** One message in place of those that a too new syntax gives. */
function explained(diagnostics: readonly Diagnostic[], source: string): readonly Diagnostic[] {
  const [first] = diagnostics;
  const line = source.split("\n")[first.start.line] ?? "";
  if (!/\busing\s+\w+\s*=/.test(line)) return diagnostics;
  const messageText =
    "`using` needs TypeScript 5.2, and this kernel has 5.0: write `try { … } finally { … }` instead.";
  return [{ ...first, messageText }];
}

/** Drops the piece that a message is about. */
function without(pieces: readonly string[], { start: { line } }: Diagnostic): string[] {
  let end = -1;
  const bad = pieces.findIndex((piece) => {
    end += piece.split("\n").length;
    return line <= end;
  });
  return pieces.filter((_, i) => i !== (bad < 0 ? pieces.length - 1 : bad));
}

/** The end of the function's name if a position is inside the parentheses of its call. */
function calleeEnd(ts: typeof TypeScript, source: string, position: number): number | undefined {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  let found: number | undefined;
  const visit = (node: TypeScript.Node): void => {
    if (node.pos > position || node.end < position) return;
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    // The innermost call comes last.
    if (isCall && position > node.expression.end) found = node.expression.end - 1;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

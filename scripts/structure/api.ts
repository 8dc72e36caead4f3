import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { fromRoot, root } from "./packages";

/** One exported name of a module. */
export interface ExportedName {
  readonly name: string;
  readonly kind: "function" | "class" | "type" | "value" | "namespace";
  /** File that declares it. */
  readonly file: string;
  readonly documented: boolean;
}

/** The exported names of modules, given as source files from the project's folder, sorted. */
export function exportsOf(files: readonly string[]): ExportedName[][] {
  const program = ts.createProgram(
    files.map((file) => resolve(root, file)),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ES2022,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      customConditions: ["source"],
      types: [],
      noLib: true,
      skipLibCheck: true,
    },
  );
  const checker = program.getTypeChecker();
  return files.map((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(resolve(root, file))!);
    // A file without exports is no module.
    return (module ? checker.getExportsOfModule(module) : [])
      .map((symbol) => describe(checker, symbol))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function describe(checker: ts.TypeChecker, symbol: ts.Symbol): ExportedName {
  const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const [declaration] = declared.declarations ?? [];
  // `export * as tf from …` is documented where it is exported.
  const documentation = [declared, symbol].some(
    (symbol) => symbol.getDocumentationComment(checker).length > 0,
  );
  return {
    name: symbol.name,
    kind: kindOf(declared.flags),
    file: declaration ? fromRoot(declaration.getSourceFile().fileName) : "",
    documented: documentation,
  };
}

function kindOf(flags: ts.SymbolFlags): ExportedName["kind"] {
  if (flags & ts.SymbolFlags.Function) return "function";
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Module) return "namespace";
  return flags & ts.SymbolFlags.Variable ? "value" : "type";
}

/** The modules whose exports are recorded in `scripts/structure/api`. */
const recorded = [
  { name: "tfjs-compile", file: "packages/engine/src/index.ts" },
  { name: "trm", file: "lib/src/index.ts" },
  { name: "trm-workbench", file: "packages/workbench/src/index.ts" },
] as const;

/** One public module: its exports, and the record of them as it should be. */
export interface PublicModule {
  readonly name: (typeof recorded)[number]["name"];
  readonly exports: readonly ExportedName[];
  readonly recordFile: string;
  readonly record: string;
}

/** The public modules. Names that `trm-workbench` takes over from `trm` are in the record of `trm` alone. */
export function publicModules(): PublicModule[] {
  const all = exportsOf(recorded.map(({ file }) => file));
  const ofTrm = new Set(all[1]!.map(({ name }) => name));
  return recorded.map(({ name }, i) => {
    const exports = all[i]!;
    const own = name === "trm-workbench" ? exports.filter((exported) => !ofTrm.has(exported.name)) : exports;
    const record = own.map((exported) => `${exported.name} ${exported.kind}\n`).join("");
    return { name, exports, recordFile: join(root, "scripts", "structure", "api", `${name}.txt`), record };
  });
}

// `node --import=tsx scripts/structure/api.ts`: records the public names as they are now.
if (require.main === module)
  for (const { recordFile, record } of publicModules()) writeFileSync(recordFile, record);

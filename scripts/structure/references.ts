import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { fromRoot, packageOf, packages, resolveRelative, root } from "./packages";

/** One reference from a source file to another file of ours. */
export interface Reference {
  readonly from: string;
  readonly line: number;
  /** The file from the project's folder; a folder, where only the beginning of a path is known. */
  readonly to: string;
  /** An import, static or dynamic or of a type; or a path in the text of the program. */
  readonly kind: "import" | "path";
}

/** All references of a source file to files of this project's packages. */
export function referencesOf(file: string): Reference[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), "utf8"),
    ts.ScriptTarget.ES2022,
    true,
  );
  const found: Reference[] = [];
  const add = (node: ts.Node, to: string | undefined, kind: Reference["kind"]): void => {
    if (to === undefined || packageOf(to) === undefined) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ from: file, line, to, kind });
  };
  const visit = (node: ts.Node): void => {
    const specifier = importedText(node);
    const path = specifier === undefined ? pathOf(file, node) : undefined;
    if (specifier !== undefined) add(node, resolveImport(file, specifier), "import");
    else if (path !== undefined) add(node, path, "path");
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The text of `import … from "text"`, `export … from`, `import x = require()`, `import()`, `require()` and `require.resolve()`. */
function importedText(node: ts.Node): string | undefined {
  const text = (child: ts.Node | undefined): string | undefined =>
    child !== undefined && ts.isStringLiteralLike(child) ? child.text : undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return text(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return text(node.expression);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return text(node.argument.literal);
  if (!ts.isCallExpression(node)) return undefined;
  const imports =
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    ["require", "require.resolve"].includes(node.expression.getText());
  return imports ? text(node.arguments[0]) : undefined;
}

/** The file that an import means; undefined for packages of others. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return resolveRelative(from, specifier);
  const own = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  return own && (own.entries.get(specifier) ?? own.folder);
}

/** The path that `join(…)`, `resolve(…)`, `new URL(…)` or a text means, if it lies in a package of ours. */
function pathOf(from: string, node: ts.Node): string | undefined {
  if (ts.isCallExpression(node) && ["join", "resolve"].includes(node.expression.getText())) {
    const parts: string[] = [];
    for (const argument of node.arguments) {
      const part = knownText(from, argument);
      if (part === undefined) break; // a variable: the folder before it is known
      parts.push(part);
    }
    const [first] = parts;
    const path = first === undefined ? undefined : fromRoot(resolve(root, ...parts));
    return path !== undefined && parts.length > 1 && packageOf(path) ? path : undefined;
  }
  if (!ts.isStringLiteralLike(node)) return undefined;
  if (node.text.startsWith("./") || node.text.startsWith("../")) return resolveRelative(from, node.text);
  const imported = resolveImport(from, node.text);
  if (imported !== undefined) return node.text.includes("/") ? imported : undefined;
  return /^[\w./-]+\/[\w./-]+$/.test(node.text) && packageOf(node.text) ? node.text : undefined;
}

/** A text that stands in the program: a literal, the folder of the file or of the project. */
function knownText(from: string, node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (node.getText() === "__dirname") return join(root, from, "..");
  return node.getText() === "projectFolder" ? root : undefined;
}

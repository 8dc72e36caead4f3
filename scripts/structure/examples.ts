import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { exportsOf } from "./api";
import { packages, root, typescriptFiles } from "./packages";

/** A piece of TypeScript in a document or in a doc comment. */
export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** False for `@example no-run`: it needs files, a device or hours. */
  readonly runs: boolean;
}

/** Every `ts` snippet of the documents, and every `@example` of the packages. */
export function allExamples(): Example[] {
  const folders = [".", "docs", ...packages.map(({ folder }) => folder)];
  const documents = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => join(folder, file)),
  );
  const sources = packages.flatMap(({ folder }) => typescriptFiles(`${folder}/src`));
  return [...documents.flatMap(snippetsOf), ...sources.flatMap(commentsOf)];
}

/** The fenced blocks of TypeScript in a Markdown file. */
function snippetsOf(file: string): Example[] {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return [...lines.entries()]
    .filter(([, line]) => line === "```ts")
    .map(([start]) => {
      const code = lines.slice(start + 1, lines.indexOf("```", start)).join("\n");
      return { file, line: start + 2, code, runs: true };
    });
}

/** The `@example` tags in the doc comments of a source file. */
function commentsOf(file: string): Example[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), "utf8"),
    ts.ScriptTarget.ES2022,
    true,
  );
  const found: Example[] = [];
  const visit = (node: ts.Node): void => {
    for (const comment of (node as { jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? []) {
      const first = source.getLineAndCharacterOfPosition(comment.getStart()).line + 1;
      found.push(...examplesIn(comment.getText(), file, first));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function examplesIn(comment: string, file: string, first: number): Example[] {
  const lines = comment
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""));
  const tags = [...lines.keys()].filter((i) => lines[i]!.trimStart().startsWith("@"));
  return tags
    .filter((i) => lines[i]!.trimStart().startsWith("@example"))
    .map((i) => {
      const code = lines
        .slice(
          i + 1,
          tags.find((tag) => tag > i),
        )
        .join("\n");
      return { file, line: first + i + 1, code, runs: !lines[i]!.includes("no-run") };
    });
}

/**
 * Modules that import what the examples name, from the file of a doc comment itself or from the public entries, and export the
 * example as `example()`. Their imports are relative to `folder`.
 */
export function exampleModules(examples: readonly Example[], folder: string): string[] {
  const entries = packages.flatMap((owner) => [...owner.entries]);
  const own = examples.map(({ file }) => (file.endsWith(".ts") ? file : "lib/src/index.ts"));
  const exported = exportsOf([...entries.map(([, source]) => source), ...own]).map((names) =>
    names.map(({ name }) => name),
  );
  const publicModules = entries.map(([entry], i) => ({ from: entry, names: new Set(exported[i]) }));
  return examples.map(({ file, code }, i) => {
    const isComment = file.endsWith(".ts");
    const here = {
      from: relative(folder, join(root, file)).replace(/\.ts$/, ""),
      names: exported[entries.length + i]!,
    };
    const modules = isComment ? [{ ...here, names: new Set(here.names) }, ...publicModules] : [];
    return moduleOf(code, modules);
  });
}

function moduleOf(code: string, modules: readonly { from: string; names: ReadonlySet<string> }[]): string {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022, true);
  const imports = source.statements.filter(ts.isImportDeclaration).map((statement) => statement.getText());
  const body = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isFieldName(node)) used.add(node.text);
    ts.forEachChild(node, visit);
  };
  for (const statement of body) visit(statement);
  const found = [...used].flatMap((name) => {
    const owner = modules.find(({ names }) => names.has(name));
    return owner && !imports.some((text) => text.includes(name))
      ? [`import { ${name} } from "${owner.from}";`]
      : [];
  });
  const text = body.map((statement) => statement.getFullText()).join("");
  return [...imports, ...found, "export async function example() {", text, "}", ""].join("\n");
}

const isFieldName = ({ parent, text }: ts.Identifier): boolean =>
  (ts.isPropertyAccessExpression(parent) && parent.name.text === text) ||
  (ts.isPropertyAssignment(parent) &&
    parent.name.getText() === text &&
    parent.initializer.getText() !== text);

export const placeOf = ({ file, line }: Example): string => `${file}:${line}`;

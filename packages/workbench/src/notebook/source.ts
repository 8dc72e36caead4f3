import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import { projectFolder } from "../files/paths";
import { inNotebook, showBundle } from "../terminal/tslab";

/** The folders that are searched, in this order. */
const sourceFolders = ["lib/src", "packages/workbench/src", "packages/engine/src"];

/** A piece of the library's own source code. */
export interface SourcePiece {
  /** Path from the project folder, for example `lib/src/model/recursion.ts`. */
  readonly file: string;
  /** Line of its first character, from 1. */
  readonly line: number;
  readonly code: string;
}

/**
 * Shows the library's own code, read from its files, so that a notebook never tells it from memory.
 *
 * @param names functions, types or constants by name (`"latentRecursion"`), the same in a file where a name is not unique
 * (`"model/recursion.ts#latentRecursion"`), or whole files (`"model/recursion.ts"`)
 * @throws Error when a name is not in the library, or in several files; it names those.
 */
export function showSource(...names: string[]): void {
  for (const bundle of names.map(sourceBundle)) {
    if (inNotebook()) showBundle(bundle);
    else console.log(bundle["text/plain"]);
  }
}

/** A piece in the forms that `showSource` gives to a notebook. */
export function sourceBundle(name: string): {
  readonly "text/markdown": string;
  readonly "text/plain": string;
} {
  const { file, line, code } = findSource(name);
  const place = `${file}, line ${line}`;
  // Markdown, because every viewer colours it in its own theme.
  return { "text/markdown": `**${place}**\n\n${fence(code)}`, "text/plain": `// ${place}\n${code}` };
}

/** Finds what `showSource` shows; see there. */
export function findSource(name: string): SourcePiece {
  const [place, declaration] = name.includes("#")
    ? name.split("#")
    : name.endsWith(".ts")
      ? [name]
      : [undefined, name];
  const folders = sourceFolders.map((folder) =>
    sourceFiles(folder).filter((file) => !place || file === `${folder}/${place}`),
  );
  const [file] = folders.flat();
  if (file === undefined) {
    throw new Error(`the library has no file ${place}; give its path inside ${sourceFolders.join(" or ")}`);
  }
  if (!declaration) return { file, line: 1, code: readSource(file).trimEnd() };
  const found = folders
    .map((files) => files.flatMap((file) => findDeclaration(file, declaration)))
    .find((pieces) => pieces.length > 0);
  if (found === undefined)
    throw new Error(`the library declares no ${declaration}${place ? ` in ${place}` : ""}`);
  const where = new Set(found.map(({ file }) => file));
  if (where.size > 1) {
    const choices = [...where].map((file) => `"${file.replace(/^.*?\/src\//, "")}#${declaration}"`);
    throw new Error(`${declaration} is declared in several files, choose one: ${choices.join(", ")}`);
  }
  // The overloads of a function are declarations of their own.
  return { ...found[0], code: found.map(({ code }) => code).join("\n") };
}

const readSource = (file: string): string => readFileSync(join(projectFolder, file), "utf8");

/** All source files of a folder, as paths from the project folder, with "/" on every system. */
function sourceFiles(folder: string): string[] {
  return readdirSync(join(projectFolder, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => `${folder}/${file.split(sep).join("/")}`)
    .sort();
}

function findDeclaration(file: string, name: string): SourcePiece[] {
  const text = readSource(file);
  // Parsing every file would take a second; most do not even contain the word.
  if (!text.includes(name)) return [];
  // Loaded at first use: it is large, and in a kernel it is there already.
  const ts: typeof TypeScript = require("@tslab/typescript-for-tslab");
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  return parsed.statements
    .filter((statement) => declaredNames(ts, statement).includes(name))
    .map((statement) => {
      // With its doc comment, but without the blank lines before it.
      const start = ts.getLeadingCommentRanges(text, statement.pos)?.at(-1)?.pos ?? statement.getStart();
      return {
        file,
        line: parsed.getLineAndCharacterOfPosition(start).line + 1,
        code: text.slice(start, statement.end),
      };
    });
}

function declaredNames(ts: typeof TypeScript, statement: TypeScript.Statement): (string | undefined)[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement)
  ) {
    return [statement.name?.text];
  }
  return [];
}

/** A code block that also holds code with backticks in its comments. */
function fence(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}ts\n${code}\n${ticks}`;
}

import { readFileSync } from "node:fs";

/**
 * JSON.parse for files from elsewhere: errors name the file, and an object that gives a key twice is refused instead of
 * quietly keeping the last one.
 */
export function parseJson(text: string, name: string): unknown {
  let value: unknown;
  try {
    // Editors on Windows put a byte-order mark before the text.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`${name}: this is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new Error(`${name}: the key "${twice.slice(0, 100)}" is given twice`);
  return value;
}

/** UTF-8 bytes as text. @throws Error naming the file if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${name}: this is not UTF-8 text`);
  }
}

/** The first key that some object of this valid JSON text repeats. One pass without recursion, whatever the nesting. */
function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const structure = /["{}[\]]/g;
  for (let match = structure.exec(text); match; match = structure.exec(text)) {
    if (match[0] === "{") open.push(new Set());
    else if (match[0] === "[") open.push(undefined);
    else if (match[0] === '"') {
      const end = stringEnd(text, match.index);
      const afterString = /\s*(:?)/y;
      afterString.lastIndex = structure.lastIndex = end;
      if (!afterString.exec(text)![1]) continue;
      // Parsed, because "a" and "\u0061" are the same key.
      const key = JSON.parse(text.slice(match.index, end)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    } else open.pop();
  }
  return undefined;
}

/** The position after the JSON string that opens at `start`: a quote ends it unless an odd run of backslashes precedes. */
function stringEnd(text: string, start: number): number {
  let quote = start;
  let escaped = true;
  while (escaped) {
    quote = text.indexOf('"', quote + 1);
    let before = quote - 1;
    while (text[before] === "\\") before--;
    escaped = (quote - 1 - before) % 2 === 1;
  }
  return quote + 1;
}

/** A zod schema, as far as reading needs it. */
export interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: SchemaError };
}
interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/**
 * Reads a JSON file that must be what `schema` (zod) describes.
 * @throws Error naming the file and the field that is wrong.
 */
export function readJsonFile<T>(path: string, schema: Schema<T>): T {
  return parseJsonAs(decodeUtf8(readFileSync(path), path), path, schema);
}

/** As {@link readJsonFile}, for text that is here already; `name` is what errors call it. */
export function parseJsonAs<T>(text: string, name: string, schema: Schema<T>): T {
  const parsed = schema.safeParse(parseJson(text, name));
  if (parsed.success) return parsed.data;
  const { path, message: problem } = parsed.error.issues[0];
  const message = problem.endsWith("received undefined") ? "it is missing" : problem;
  throw new Error(
    `${name}${path.length ? `, field ${path.map(String).join(".").slice(0, 200)}` : ""}: ${message}`,
  );
}

/** JSON as Python's `json.dump` writes it: a space after commas and colons, nothing beyond ASCII. */
export function pythonJson(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/([[{])\n\s*/g, "$1")
    .replace(/\n\s*([\]}])/g, "$1")
    .replace(/,\n\s*/g, ", ")
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

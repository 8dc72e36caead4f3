/**
 * JSON.parse for files from elsewhere: errors name the file, and an object that gives a key twice is refused instead of
 * quietly keeping the last one.
 */
export function parseJson(text: string, name: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
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

/** The first key that some object of this valid JSON text repeats. */
function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found, colon] = match;
    if (found === "{") open.push(new Set());
    else if (found === "[") open.push(undefined);
    else if (found === "}" || found === "]") open.pop();
    else if (colon) {
      // Parsed, because "a" and "\u0061" are the same key.
      const key = JSON.parse(found.slice(0, -colon.length)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

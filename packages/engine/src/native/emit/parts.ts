/** The parts of a program, which can be compiled side by side. */

/** The C text of a program. */
export interface ProgramText {
  readonly text: string;
  /** Number of its parts. Up to as many compilers (`COMPILERS`, each with its number as `COMPILER`) share them; one alone makes the whole. */
  readonly parts: number;
}

const mostParts = 4;
/** The work that is worth a part, and what the first part has besides functions, in the units of {@link workOf}. */
const [worthwhileWork, workOfRest] = [24, 6];

/** Puts a program's functions and what follows them, which is of the first part, into parts of nearly equal work for the compiler. */
export function inParts(functions: readonly string[], rest: string): ProgramText {
  const total = functions.reduce((sum, text) => sum + workOf(text), 0);
  const count = Math.max(1, Math.min(mostParts, Math.floor(total / worthwhileWork)));
  if (count === 1) return { text: [...functions, rest].join("\n\n"), parts: 1 };
  const parts = Array.from({ length: count }, () => ({ work: 0, texts: new Set<string>() }));
  parts[0]!.work = workOfRest;
  for (const text of [...functions].sort((a, b) => workOf(b) - workOf(a))) {
    const least = parts.reduce((least, part) => (part.work < least.work ? part : least));
    least.texts.add(text);
    least.work += workOf(text);
  }
  const lines = parts.flatMap(({ texts }, i) => {
    const own = functions.filter((text) => texts.has(text));
    return [`#if IN_PART(${i})`, own.join("\n\n"), "#else", ...own.map(declarationOf), "#endif\n"];
  });
  return { text: [...lines, "#if IN_PART(0)", `${rest}#endif\n`].join("\n"), parts: count };
}

/** Time that gcc 12 takes for a function, in units of about 30 ms. */
function workOf(text: string): number {
  if (text.includes("gemm_by_blocks(")) return 8;
  return /gemm_(f32|bf16)\(/.test(text) ? 5 : 1 + text.length / 600;
}

const declarationOf = (text: string): string => `${text.slice(0, text.indexOf(" {\n"))};`;

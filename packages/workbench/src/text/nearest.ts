import { distance } from "fastest-levenshtein";

/** The candidate that was probably meant, or undefined where none is close. A name after a dot may stand alone. */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  const name = given.toLowerCase();
  let best: { candidate: string; score: number } | undefined;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    // learningRate, or model.learningRate, should find training.learningRate.
    const last = (text: string) => text.slice(text.lastIndexOf(".") + 1);
    const score = Math.min(distance(name, known), distance(last(name), last(known)) + 0.5);
    if (!best || score < best.score) best = { candidate, score };
  }
  return best && best.score <= Math.max(2, 0.4 * name.length) ? best.candidate : undefined;
}

/** `; did you mean "x"?`, or a list of all choices where none is close. */
export function suggestion(given: string, candidates: readonly string[]): string {
  const close = nearest(given, candidates);
  return close ? `; did you mean ${close}?` : `; there are ${candidates.join(", ")}`;
}

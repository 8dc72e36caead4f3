import type { StoredTensor } from "../files";

type Tensors = Readonly<Record<string, StoredTensor>>;

/** Every TRM and HRM has this tensor; its full name tells what a file puts before the official names. */
const ANCHOR = "inner.embed_tokens.embedding_weight";

/**
 * The tensors of one model under their official names, out of a file that may hold more: wrappers put prefixes before names
 * (`_orig_mod.`, `module.`, `model.`), and training scripts save `state_dict`, `model_state_dict` or `ema` beside optimizers.
 *
 * @param which of several models in the file: the one called `ema` or `average`, or the other
 * @throws Error naming the prefixes when they leave a choice
 */
export function officialNames(tensors: Tensors, which: "ema" | "live", path: string): Tensors {
  const prefixes = Object.keys(tensors)
    .filter((name) => name === ANCHOR || name.endsWith(`.${ANCHOR}`))
    .map((name) => name.slice(0, -ANCHOR.length));
  if (prefixes.length === 0) return tensors;
  const fitting = prefixes.filter((prefix) => /ema|average/i.test(prefix) === (which === "ema"));
  const choices = prefixes.length === 1 || fitting.length === 0 ? prefixes : fitting;
  if (choices.length > 1) {
    throw new Error(
      `${path} holds ${choices.length} models, called ${choices.join(", ")}: save the one to use alone`,
    );
  }
  const [prefix] = choices;
  const ofModel = Object.entries(tensors).filter(([name]) => name.startsWith(`${prefix}inner.`));
  return Object.fromEntries(ofModel.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** Names of a file's tensors, the first few, for messages. */
export function someNames(tensors: Tensors): string {
  const names = Object.keys(tensors);
  if (names.length === 0) return "it holds no tensors";
  return `it holds ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}

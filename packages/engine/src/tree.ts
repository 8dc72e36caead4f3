/**
 * Tensor trees: tensors in nested arrays and plain objects, as models keep their parameters and optimizers their state.
 *
 * The order of a tree's tensors is fixed: arrays by position, objects by sorted key. So two trees with the same keys list
 * their tensors alike, whatever order the keys were written in.
 */
import * as tf from "@tensorflow/tfjs";

/** A tensor, or an array or plain object of tensor trees. */
export type TensorTree = tf.Tensor | readonly TensorTree[] | { readonly [key: string]: TensorTree };

/** The tensors of a tree, in the tree's fixed order. Other leaves (numbers, strings, null) are skipped. */
export function flatten(tree: unknown): tf.Tensor[] {
  const tensors: tf.Tensor[] = [];
  collect(tree, tensors);
  return tensors;
}

function collect(tree: unknown, tensors: tf.Tensor[]): void {
  if (tree instanceof tf.Tensor) tensors.push(tree);
  else if (Array.isArray(tree)) for (const branch of tree) collect(branch, tensors);
  else if (isPlainObject(tree)) for (const key of Object.keys(tree).sort()) collect(tree[key], tensors);
}

/**
 * A tree like `template` with other tensors.
 *
 * @param tensors as many as {@link flatten} lists for `template`, in that order
 * @throws Error when their number differs
 */
export function unflatten<T>(template: T, tensors: readonly tf.Tensor[]): T {
  let used = 0;
  const tree = mapTensors(template, () => tensors[used++]!);
  if (used !== tensors.length) {
    throw new Error(`unflatten: the tree has ${used} tensors, but ${tensors.length} were given.`);
  }
  return tree as T;
}

/**
 * A tree like `tree` in which `fn` replaced every tensor. Other leaves stay what they are.
 *
 * @param fn gets the tensor and its path, such as `layers.0.weight`
 */
export function mapTree<T>(tree: T, fn: (tensor: tf.Tensor, path: string) => tf.Tensor): T {
  return mapTensors(tree, fn) as T;
}

/** {@link mapTree} to leaves of any type. */
export function mapTensors(
  tree: unknown,
  fn: (tensor: tf.Tensor, path: string) => unknown,
  path = "",
): unknown {
  if (tree instanceof tf.Tensor) return fn(tree, path);
  if (Array.isArray(tree)) return tree.map((branch, i) => mapTensors(branch, fn, join(path, i)));
  if (!isPlainObject(tree)) return tree;
  // The result lists its keys as the tree does, but visits them in the fixed order.
  const result: Record<string, unknown> = Object.fromEntries(
    Object.keys(tree).map((key) => [key, undefined]),
  );
  for (const key of Object.keys(tree).sort()) result[key] = mapTensors(tree[key], fn, join(path, key));
  return result;
}

/**
 * Applies `fn` to the corresponding tensors of several trees (`jax.tree.map`).
 *
 * @throws Error when the trees have different numbers of tensors
 * @example
 * const [weights, grads] = [{ w: tf.ones([2]) }, { w: tf.ones([2]) }];
 * const next = zipTrees((w, g) => tf.sub(w, tf.mul(g, 0.1)), weights, grads); // { w: [0.9, 0.9] }
 */
export function zipTrees<T>(fn: (...tensors: tf.Tensor[]) => tf.Tensor, first: T, ...others: unknown[]): T {
  const leaves = flatten(first);
  const rest = others.map(flatten);
  for (const { length } of rest) {
    if (length !== leaves.length) {
      throw new Error(
        `zipTrees: the trees differ; the first has ${leaves.length} tensors, another ${length}.`,
      );
    }
  }
  return unflatten(
    first,
    leaves.map((leaf, i) => fn(leaf, ...rest.map((tensors) => tensors[i]!))),
  );
}

/** Disposes every tensor of a tree; tensors that are disposed already are left alone. */
export function disposeTree(tree: unknown): void {
  for (const tensor of flatten(tree)) if (!tensor.isDisposed) tensor.dispose();
}

/**
 * Distinguishes trees for a compiled function, as text: structure, other leaves' values, shapes and dtypes.
 *
 * @throws Error that names the path of a leaf that is neither a tensor nor a plain value
 */
export function signatureOf(tree: unknown, path: string): string {
  if (tree instanceof tf.Tensor) return `${tree.dtype}[${tree.shape.join(",")}]`;
  switch (typeof tree) {
    case "string":
      return JSON.stringify(tree);
    case "number":
      return Object.is(tree, -0) ? "-0" : String(tree);
    case "boolean":
      return String(tree);
    case "bigint":
      return `${tree}n`;
    default:
  }
  if (tree === null || tree === undefined) return String(tree);
  if (Array.isArray(tree)) {
    return `[${tree.map((branch, i) => signatureOf(branch, join(path, i))).join(" ")}]`;
  }
  if (isPlainObject(tree)) {
    const entries = Object.keys(tree)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${signatureOf(tree[key], join(path, key))}`);
    return `{${entries.join(" ")}}`;
  }
  const kind = typeof tree === "function" ? "a function" : `a ${tree.constructor?.name ?? "special object"}`;
  throw new Error(
    `${path} is ${kind}. Arguments and results of compiled functions may hold tensors, arrays, plain objects, numbers, ` +
      "strings, booleans and null; make data a tensor, and let the function close over everything else.",
  );
}

/** Distinguishes the calls of a function that need programs of their own. @param name of the function, for messages */
export const signatureOfCall = (name: string, values: readonly unknown[]): string =>
  values.map((arg, i) => signatureOf(arg, `compile(${name}): argument ${i}`)).join(", ");

const join = (path: string, key: string | number) => (path === "" ? String(key) : `${path}.${key}`);

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isForeignObject(prototype);
}

/** Object.prototype of another realm: code of a REPL or a test may run in a vm context of its own. */
function isForeignObject(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

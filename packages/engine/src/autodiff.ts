import * as tf from "@tensorflow/tfjs";
import { disposeTree, flatten, mapTree, type TensorTree, unflatten } from "./tree";

/**
 * Runs `fn` off the gradient tape: what it returns is a constant to every derivative, as under `torch.no_grad()`.
 *
 * tfjs has no stop-gradient. Its tape records kernels only at kernel depth 0, so a deeper `fn` goes unrecorded.
 */
export function noGradient<T>(fn: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return fn();
  } finally {
    state.kernelDepth--;
  }
}

/** True if tfjs now records operations for a derivative: inside of {@link valueAndGrad} or `tf.grad`, outside of {@link noGradient}. */
export function learning(): boolean {
  const { state } = tf.engine();
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

/** Result of {@link valueAndGrad}: the loss, its gradient in the shape of the parameters, and the by-products. */
export interface ValueAndGrad<P extends TensorTree, A extends TensorTree> {
  readonly value: tf.Scalar;
  readonly grads: P;
  readonly aux: A;
}

/**
 * The loss, d loss / d parameters, and whatever else `fn` computed on the way (`jax.value_and_grad(has_aux=True)`).
 *
 * @param fn a function of a parameter tree to `[loss, aux]`, the loss a scalar
 * @throws Error naming the parameters that the loss does not depend on
 * @example
 * const w = tf.tensor1d([1, 2]);
 * const { value, grads } = valueAndGrad((p) => [tf.sum(tf.square(p.w)), {}], { w }); // 5, { w: [2, 4] }
 */
export function valueAndGrad<P extends TensorTree, A extends TensorTree>(
  fn: (params: P) => [tf.Scalar, A],
  params: P,
): ValueAndGrad<P, A> {
  const leaves = flatten(params);
  let aux: A | undefined;
  const forward = () => {
    const [loss, byProducts] = fn(params);
    // tfjs tidies the forward pass: only kept tensors outlive it, and only clones are ours to keep.
    aux = mapTree(byProducts, (tensor) => tf.keep(tensor.clone()));
    return loss;
  };
  // Not `tf.valueAndGrads`, whose error names no parameter.
  const { value, grads } = tf.engine().gradients(forward, leaves, undefined, true);
  const unused = pathsOf(params).filter((_, i) => grads[i] == null);
  if (unused.length > 0) {
    disposeTree([aux, grads]);
    throw new Error(
      `the loss does not depend on ${unused.join(" and ")}: use ${unused.length > 1 ? "them" : "it"}, or leave ${unused.length > 1 ? "them" : "it"} out of the parameters`,
    );
  }
  // A second clone belongs to the caller's tidy again; the kept one does not.
  const handedOver = mapTree(aux as A, (tensor) => tensor.clone());
  disposeTree(aux);
  return { value: value as tf.Scalar, grads: unflatten(params, grads), aux: handedOver };
}

/** Path and shape of every tensor, such as `layers.0.weight [4,3]`, in the order of {@link flatten}. */
function pathsOf(params: TensorTree): string[] {
  const paths: string[] = [];
  mapTree(params, (tensor, path) => {
    paths.push(`${path} [${tensor.shape}]`);
    return tensor;
  });
  return paths;
}

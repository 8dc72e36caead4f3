// Checked by the typecheck alone: the types of compile(), of trees and of gradients.
import {
  type Compiled,
  compile,
  type mapTree,
  type TensorTree,
  tf,
  valueAndGrad,
  type zipTrees,
} from "../src";
import type { Equal, Expect } from "./expect-type";

const dense = compile((weights: { w: tf.Tensor2D; b: tf.Tensor1D }, x: tf.Tensor2D, scale: number) => ({
  y: tf.relu(tf.add(tf.matMul(x, weights.w), weights.b)) as tf.Tensor2D,
  scale,
}));
type Weights = { w: tf.Tensor2D; b: tf.Tensor1D };
type Result = { y: tf.Tensor2D; scale: number };

export type CompiledKeepsItsTypes = [
  Expect<Equal<typeof dense, Compiled<[weights: Weights, x: tf.Tensor2D, scale: number], Result>>>,
  Expect<Equal<Parameters<typeof dense>, [weights: Weights, x: tf.Tensor2D, scale: number]>>,
  Expect<Equal<ReturnType<typeof dense>, Result>>,
  Expect<Equal<ReturnType<typeof dense.async>, Promise<Result>>>,
];

declare const weights: Weights;
declare const x: tf.Tensor2D;

// @ts-expect-error: an argument is missing
dense(weights, x);
// @ts-expect-error: a vector is no matrix
dense(weights, weights.b, 1);
// @ts-expect-error: the field is misspelled
compile((x: tf.Tensor) => x, { donates: [0] });
// @ts-expect-error: no such precision
compile((x: tf.Tensor) => x, { precision: "float16" });
// @ts-expect-error: a compiled function takes functions only
compile(weights);

const { grads, value, aux } = valueAndGrad(
  (params: Weights) => [tf.sum(params.w) as tf.Scalar, { count: params.b }],
  weights,
);
export type TreesKeepTheirTypes = [
  Expect<Equal<typeof grads, Weights>>,
  Expect<Equal<typeof value, tf.Scalar>>,
  Expect<Equal<typeof aux, { count: tf.Tensor1D }>>,
  Expect<Equal<ReturnType<typeof mapTree<Weights>>, Weights>>,
  Expect<Equal<ReturnType<typeof zipTrees<Weights>>, Weights>>,
];

export const tree: TensorTree = { layers: [weights, { w: x }] };
// @ts-expect-error: a number is no tensor tree
export const notTree: TensorTree = { layers: [1] };

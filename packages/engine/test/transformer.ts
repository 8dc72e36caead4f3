/** A small transformer's training step, as a real program for the tests of compile(). */

import { tf } from "../src";
import { flatten, mapTree, unflatten } from "../src/tree";

type T = tf.Tensor;

export interface Params {
  readonly embedding: T;
  readonly blocks: readonly { qkv: T; out: T; up: T; down: T }[];
}
export interface State {
  readonly params: Params;
  readonly m: Params;
  readonly v: Params;
  readonly step: T;
}

const [vocabulary, width, heads] = [11, 32, 4];

export function initialState(blocks = 2): State {
  let seed = 1;
  const weight = (...shape: number[]) => tf.randomNormal(shape, 0, 0.2, "float32", seed++);
  const params = {
    embedding: weight(vocabulary, width),
    blocks: Array.from({ length: blocks }, () => ({
      qkv: weight(width, 3 * width),
      out: weight(width, width),
      up: weight(width, 2 * width),
      down: weight(2 * width, width),
    })),
  };
  const zeros = () => mapTree(params, (p) => tf.zerosLike(p));
  return { params, m: zeros(), v: zeros(), step: tf.scalar(0) };
}

/** Rows of tokens, and the tokens to predict at each place. */
export function exampleBatch(rows: number, length: number): { tokens: T; labels: T } {
  const tokens = Array.from({ length: rows * length }, (_, i) => (i * 7 + (i % 5)) % vocabulary);
  return {
    tokens: tf.tensor2d(tokens, [rows, length], "int32"),
    labels: tf.tensor2d(
      tokens.map((t) => (t * 3 + 1) % vocabulary),
      [rows, length],
      "int32",
    ),
  };
}

const rmsNorm = (x: T) => x.mul(tf.rsqrt(x.square().mean(-1, true).add(1e-5)));

function attention(x: T, qkv: T, out: T): T {
  const [rows, length] = x.shape as [number, number];
  const split = (t: T) => t.reshape([rows, length, heads, width / heads]).transpose([0, 2, 1, 3]);
  const [q, k, v] = tf.split(linear(x, qkv), 3, -1).map(split) as [T, T, T];
  const weights = q
    .matMul(k, false, true)
    .div(Math.sqrt(width / heads))
    .softmax();
  return linear(weights.matMul(v).transpose([0, 2, 1, 3]).reshape([rows, length, width]), out);
}

function linear(x: T, w: T): T {
  const flat = x.reshape([-1, x.shape.at(-1)!]).matMul(w);
  return flat.reshape([...x.shape.slice(0, -1), w.shape[1]!]);
}

function loss(params: Params, tokens: T, labels: T): tf.Scalar {
  let x: T = params.embedding.gather(tokens.cast("int32"));
  for (const { qkv, out, up, down } of params.blocks) {
    x = rmsNorm(x.add(attention(x, qkv, out)));
    const hidden = linear(x, up);
    x = rmsNorm(x.add(linear(hidden.mul(hidden.sigmoid()), down)));
  }
  const logits = linear(x, params.embedding.transpose());
  return tf
    .oneHot(labels, vocabulary)
    .cast("float32")
    .mul(logits.logSoftmax())
    .sum(-1)
    .mean()
    .neg()
    .asScalar();
}

/** One step of Adam on the mean cross-entropy: gradients and optimizer in one function. */
export function trainStep(state: State, tokens: T, labels: T): { state: State; loss: T } {
  const leaves = flatten(state.params);
  const { value, grads } = tf.valueAndGrads((...leaves: T[]) =>
    loss(unflatten(state.params, leaves), tokens, labels),
  )(leaves);
  const step = state.step.add(1);
  const [m, v] = [flatten(state.m), flatten(state.v)];
  const newM = grads.map((g, i) => m[i]!.mul(0.9).add(g.mul(0.1)));
  const newV = grads.map((g, i) => v[i]!.mul(0.99).add(g.square().mul(0.01)));
  const mScale = tf.sub(1, tf.pow(0.9, step));
  const vScale = tf.sub(1, tf.pow(0.99, step));
  const params = leaves.map((p, i) =>
    p.sub(newM[i]!.div(mScale).div(newV[i]!.div(vScale).sqrt().add(1e-6)).mul(0.01)),
  );
  return {
    loss: value,
    state: {
      params: unflatten(state.params, params),
      m: unflatten(state.m, newM),
      v: unflatten(state.v, newV),
      step,
    },
  };
}

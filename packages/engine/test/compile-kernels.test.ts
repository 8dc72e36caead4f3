import { before, describe, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { asList, assertClose, differentiable, discrete, gradients, inputs, type T } from "./kernel-cases";

before(async () => {
  await startEngine({ backend: "tensorflow" });
});

describe("compiled kernels equal eager ones", () => {
  for (const [name, fn] of Object.entries({ ...differentiable, ...discrete })) {
    test(name, () => {
      tf.tidy(() => {
        const args = inputs();
        const compiled = compile((...args: [T, T, T]) => asList(fn(...args)), { name });
        assertClose(compiled(...args), asList(fn(...args)), name);
        compiled.dispose();
      });
    });
  }
});

describe("compiled gradients equal eager ones", () => {
  for (const [name, fn] of Object.entries(differentiable)) {
    test(name, () => {
      tf.tidy(() => {
        const args = inputs();
        const compiled = compile((x: T, y: T, i: T) => gradients(fn, x, y, i), { name });
        assertClose(compiled(...args), gradients(fn, ...args), name);
        compiled.dispose();
      });
    });
  }
});

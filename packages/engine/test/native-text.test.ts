import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { graphBuilder } from "../src/graph/builder";
import type { Attributes, Graph, Value } from "../src/graph/graph";
import { programText } from "../src/native/emit/program";
import {
  arg,
  call,
  infix,
  isCheap,
  isVectorizable,
  literal,
  negate,
  number,
  select,
  toC,
} from "../src/native/plan/expression";
import { planGraph } from "../src/native/plan/plan-graph";

/** A training step of one dense layer: the mean of its sigmoids for each of 8 examples, and the weights one gradient step later. */
function denseStep(): Graph {
  const builder = graphBuilder("denseStep");
  const node = (op: string, inputs: readonly Value[], attributes: Attributes = {}) =>
    builder.node(op, attributes, inputs, 1)[0]!;
  const x = builder.parameter([8, 6], "float32");
  const weights = builder.parameter([6, 5], "float32");
  const y = node("Sigmoid", [node("MatMul", [x, weights])]);
  const lastAxis = builder.constant([1], "int32", Int32Array.of(1));
  const mean = node("Mean", [y, lastAxis], { keep_dims: { type: "bool", value: false } });
  const slope = node("Mul", [y, node("Sub", [builder.constant([], "float32", Float32Array.of(1)), y])]);
  const gradient = node("MatMul", [x, slope], { transpose_a: { type: "bool", value: true } });
  const rate = builder.constant([], "float32", Float32Array.of(0.1));
  return builder.build([mean, node("Sub", [weights, node("Mul", [gradient, rate])])]);
}

test("the C of a dense layer's training step is the one that was reviewed", () => {
  const target = { panel: 16 };
  const plan = planGraph(denseStep(), 2, target, [0]);
  const { text } = programText(plan, { inputs: 2, results: 2 }, target);
  const reviewed = join(__dirname, "native-text.c");
  if (text === readFileSync(reviewed, "utf8")) return;
  const changed = join(tmpdir(), "native-text.c");
  writeFileSync(changed, text);
  assert.fail(
    `The generated C has changed: diff ${reviewed} ${changed}. If the change is right, copy the new file over the old one.`,
  );
});

test("an expression knows its C text, its cost, and its use for vectors", () => {
  const [x, y] = [arg(0), arg(1)];
  const swish = infix("*", x, call("sigmoid_bf16", x));
  const average = infix("*", infix("+", x, y), infix("/", number(1), number(2)));
  const larger = select(infix(">", x, y), x, negate(y));
  const facts = [infix("-", x, infix("*", x, negate(y))), swish, average, larger].map((expression) => [
    toC(expression, ["p0[c]", "v1"]),
    isCheap(expression),
    isVectorizable(expression),
  ]);
  assert.deepEqual(facts, [
    ["(p0[c] - (p0[c] * (-v1)))", true, true],
    ["(p0[c] * sigmoid_bf16(p0[c]))", false, true],
    ["((p0[c] + v1) * (1.0f / 2.0f))", false, true],
    ["(p0[c] > v1 ? p0[c] : -v1)", false, false],
  ]);
});

test("literals keep their value, sign and type in C", () => {
  const floats = [0, -0, 1, -2, 0.1, 1e-7, 1e21, NaN, Infinity, -Infinity].map((x) => literal(x, "float32"));
  assert.deepEqual(floats, [
    "0.0f",
    "(-0.0f)",
    "1.0f",
    "(-2.0f)",
    "0.10000000149011612f",
    "1.0000000116860974e-7f",
    "1.0000000200408773e+21f",
    "NAN",
    "INFINITY",
    "(-INFINITY)",
  ]);
  assert.deepEqual([literal(3, "int32"), literal(1, "bool")], ["3", "1"]);
});

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { graphBuilder } from "../src/graph/builder";
import { type Attributes, type Graph, printGraph, type Shape, type Value } from "../src/graph/graph";
import { autocast } from "../src/graph/passes/autocast";
import { mergeCommonNodes } from "../src/graph/passes/common-nodes";
import { removeDeadNodes } from "../src/graph/passes/dead-nodes";
import { broadcastLate } from "../src/graph/passes/late-broadcasts";
import { removeNoOps } from "../src/graph/passes/no-ops";
import { inferTypes, operationsWithRules } from "../src/graph/shapes/infer";

/** A graph with two parameters, made by a function that adds nodes and gives the results. */
function graphOf(
  shape: Shape,
  body: (
    op: (op: string, inputs: Value[], attributes?: Attributes) => Value,
    x: Value,
    y: Value,
    number: (value: number) => Value,
  ) => Value[],
): Graph {
  const builder = graphBuilder("test");
  const [x, y] = [builder.parameter(shape, "float32"), builder.parameter(shape, "float32")];
  const op = (name: string, inputs: Value[], attributes: Attributes = {}) =>
    builder.node(name, attributes, inputs, 1)[0]!;
  const number = (value: number) => builder.constant([], "float32", Float32Array.of(value));
  return builder.build(body(op, x, y, number));
}

const ops = (graph: Graph) => graph.nodes.map((node) => node.op);

describe("building", () => {
  test("equal constants are one", () => {
    const builder = graphBuilder("test");
    const axes = [0, 1].map(() => builder.constant([2], "int32", Int32Array.of(0, 1)));
    assert.equal(axes[0], axes[1]);
    assert.notEqual(axes[0], builder.constant([1, 2], "int32", Int32Array.of(0, 1)));
    const zeros = [0, -0].map((zero) => builder.constant([], "float32", Float32Array.of(zero)));
    assert.notEqual(zeros[0], zeros[1]);
    const [a, b] = ["1", "12"].map((text) => builder.constant([], "string", [Buffer.from(text)]));
    assert.notEqual(a, b);
  });

  test("a graph prints as text", () => {
    const graph = graphOf([2], (op, x, y, number) => [op("Add", [x, op("Mul", [y, number(2)])])]);
    assert.equal(
      printGraph(graph),
      [
        "test(%0 float32[2], %1 float32[2])",
        "  constant %2 float32[]",
        "  %3 float32[2] = Mul(%1, %2)",
        "  %4 float32[2] = Add(%0, %3)",
        "  return %4",
      ].join("\n"),
    );
  });
});

describe("passes", () => {
  test("dead nodes and constants go, parameters stay", () => {
    const graph = graphOf([2], (op, x, y, number) => {
      op("Exp", [op("Mul", [y, number(3)])]);
      return [op("Add", [x, number(1)])];
    });
    const live = removeDeadNodes(graph);
    assert.deepEqual(ops(live), ["Add"]);
    assert.equal(live.constants.length, 1);
    assert.equal(live.parameters.length, 2);
    assert.equal(graph.nodes.length, 3, "the pass changed its input");
  });

  test("equal nodes merge, through whole chains and with swapped inputs", () => {
    const graph = graphOf([2], (op, x, y) => [
      op("Exp", [op("Add", [x, y])]),
      op("Exp", [op("Add", [y, x])]),
      op("Sub", [x, y]),
      op("Sub", [y, x]),
    ]);
    const merged = mergeCommonNodes(graph);
    assert.deepEqual(ops(merged), ["Add", "Exp", "Sub", "Sub"]);
    assert.equal(merged.results[0], merged.results[1]);
    assert.notEqual(merged.results[2], merged.results[3]);
  });

  test("attributes tell nodes apart, and random ones never merge", () => {
    const builder = graphBuilder("test");
    const x = builder.parameter([2, 2], "float32");
    const product = (adj_x: boolean) =>
      builder.node("BatchMatMulV2", { adj_x: { type: "bool", value: adj_x } }, [x, x], 1)[0]!;
    const draw = () =>
      builder.node("Multinomial", {}, [x, builder.constant([], "int32", Int32Array.of(1))], 1)[0]!;
    const graph = builder.build([product(false), product(true), product(true), draw(), draw()]);
    assert.deepEqual(ops(mergeCommonNodes(graph)), [
      "BatchMatMulV2",
      "BatchMatMulV2",
      "Multinomial",
      "Multinomial",
    ]);
  });

  test("operations that change nothing go", () => {
    const builder = graphBuilder("test");
    const x = builder.parameter([2, 3], "float32");
    const ints = (...values: number[]) => builder.constant([values.length], "int32", Int32Array.from(values));
    const op = (name: string, inputs: Value[], attributes: Attributes = {}) =>
      builder.node(name, attributes, inputs, 1)[0]!;
    const float32: Attributes = { DstT: { type: "dtype", value: "float32" } };
    let y = op("Cast", [x], float32);
    y = op("Reshape", [y, ints(2, 3)]);
    y = op("Tile", [y, ints(1, 1)]);
    y = op("Transpose", [y, ints(0, 1)]);
    y = op("Mul", [builder.constant([3], "float32", Float32Array.of(1, 1, 1)), y]);
    const turned = op("Transpose", [x, ints(1, 0)]);
    const graph = removeNoOps(builder.build([y, turned]));
    assert.deepEqual(ops(graph), ["Transpose"]);
    assert.equal(graph.results[0], x);
  });

  test("the gradient of a mean is stretched last, or never", () => {
    const builder = graphBuilder("test");
    const [dy, x] = [builder.parameter([4, 1], "float32"), builder.parameter([4, 8], "float32")];
    const op = (name: string, inputs: Value[]) => builder.node(name, {}, inputs, 1)[0]!;
    const ones = builder.constant([4, 8], "float32", new Float32Array(32).fill(1));
    const eight = builder.constant([], "float32", Float32Array.of(8));
    const gradient = op("RealDiv", [op("Mul", [dy, ones]), eight]);
    const graph = builder.build([op("Mul", [gradient, x]), gradient]);
    const late = removeDeadNodes(broadcastLate(removeNoOps(graph)));
    assert.deepEqual(
      late.nodes.map(({ op, inputs }) => [op, ...inputs.map((value) => value.shape)]),
      [
        ["RealDiv", [4, 1], []],
        ["BroadcastTo", [4, 1], [2]],
        ["Mul", [4, 1], [4, 8]],
      ],
    );
    assert.deepEqual(
      late.results.map((value) => value.shape),
      [
        [4, 8],
        [4, 8],
      ],
    );
  });

  test("autocast: products in bfloat16, sums in float32, one cast per value, float32 outside", () => {
    const graph = graphOf([2, 2], (op, x, y, number) => {
      const product = op("BatchMatMulV2", [x, y]);
      const scaled = op("Mul", [op("BatchMatMulV2", [x, product]), number(0.5)]);
      return [op("Softmax", [scaled]), scaled, op("Add", [scaled, x])];
    });
    const cast = autocast(graph);
    const lines = printGraph(cast).split("\n");
    const types = new Map(cast.nodes.map((node) => [node.op, node.inputs.map((value) => value.dtype)]));
    assert.deepEqual(types.get("BatchMatMulV2"), ["bfloat16", "bfloat16"]);
    assert.deepEqual(types.get("Mul"), ["bfloat16", "bfloat16"], "a constant number follows");
    assert.deepEqual(types.get("Softmax"), ["float32"]);
    assert.deepEqual(types.get("Add"), ["float32", "float32"], "mixed inputs become float32");
    assert.equal(ops(cast).filter((op) => op === "Cast").length, 3, lines.join("\n"));
    assert.ok(cast.results.every((value) => value.dtype === "float32"));
    assert.ok(cast.parameters.every((value) => value.dtype === "float32"));
  });
});

describe("shapes", () => {
  const call = (op: string, shapes: Shape[], attributes: Attributes = {}, numOutputs = 1) =>
    inferTypes({
      op,
      attributes,
      inputs: shapes.map((shape, id) => ({ id, shape, dtype: "float32" })),
      numOutputs,
    });

  test("errors name the operation and its inputs", () => {
    assert.throws(
      () => call("Add", [[2, 3], [4]]),
      /^Error: Add\(%0 float32\[2,3\], %1 float32\[4\]\): .*broadcast/,
    );
    assert.throws(() => call("Sum", [[2], [1]]), /input 1 decides the shape of the result.*plain numbers/);
    assert.throws(() => call("Where", [[2]]), /Where.*depends on the data.*tf\.where/);
    assert.throws(() => call("SomethingNew", [[2]]), /SomethingNew.*no shape rule.*engine\/graph\/shapes/);
    assert.throws(() => call("Add", [[2], [2]], {}, 2), /2 outputs were asked for, but it has 1/);
  });

  test("broadcasting", () => {
    assert.deepEqual(
      call("Add", [
        [4, 1, 3],
        [2, 1],
      ])[0]!.shape,
      [4, 2, 3],
    );
    assert.deepEqual(call("Mul", [[], [0, 1]])[0]!.shape, [0, 1]);
    assert.deepEqual(call("Add", [[1], [0]])[0]!.shape, [0]);
  });

  test("every operation that tfjs-node's kernels name has a rule", () => {
    const folder = join(dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json")), "dist");
    const files = [
      "nodejs_kernel_backend.js",
      ...readdirSync(join(folder, "kernels")).map((f) => join("kernels", f)),
    ];
    const known = new Set(operationsWithRules());
    const named = new Set<string>();
    for (const file of files.filter((file) => file.endsWith(".js") && !file.includes("_test"))) {
      const source = readFileSync(join(folder, file), "utf8");
      // executeSingleOutput(tfjs_1.Abs, …) or executeMultipleOutputs('TopKV2', …); kernel constants are named as their ops.
      for (const [, op] of source.matchAll(
        /\.execute(?:SingleInput|SingleOutput|MultipleOutputs|Op)\((?:tfjs(?:_core)?_1\.|')(\w+)/g,
      )) {
        named.add(op!);
      }
    }
    assert.ok(named.size > 100, `only ${named.size} operations were found`);
    assert.deepEqual(
      [...named].filter((op) => !known.has(op)),
      [],
    );
  });
});

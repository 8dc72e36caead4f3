import assert from "node:assert/strict";
import { test } from "node:test";
import { graphBuilder } from "../src/graph/builder";
import type { Graph, HostData } from "../src/graph/graph";
import { compileOptions } from "../src/pjrt/options";
import { lowerToStableHlo } from "../src/stablehlo/lower";
import { denseLiteral, elementLiteral, typeText } from "../src/stablehlo/types";

/** A graph that adds a constant to its only parameter. */
function addition(data: HostData, shape: readonly number[]): Graph {
  const builder = graphBuilder("addition");
  const x = builder.parameter(shape, "float32");
  const [sum] = builder.node("AddV2", {}, [x, builder.constant(shape, "float32", data)], 1);
  return builder.build([sum!, sum!]);
}

test("a program is readable text, and takes over the memory of donated arguments", () => {
  const { stablehlo, donated } = lowerToStableHlo(addition(Float32Array.of(1, 2), [2]), { donate: [0] });
  assert.equal(
    stablehlo,
    `module @program {
func.func public @main(%arg0: tensor<2xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<2xf32>, tensor<2xf32>) {
%0 = "stablehlo.constant"() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
%1 = "stablehlo.add"(%arg0, %0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
"func.return"(%1, %1) : (tensor<2xf32>, tensor<2xf32>) -> ()
}
}
`,
  );
  assert.deepEqual(donated, [0]);
});

test("large constants become arguments, unless they are one number all over", () => {
  const varied = Float32Array.from({ length: 2000 }, (_, i) => i);
  const lowered = lowerToStableHlo(addition(varied, [2000]));
  assert.equal(lowered.largeConstants.length, 1);
  assert.equal(lowered.arguments.length, 2);
  assert.ok(lowered.stablehlo.length < 1000);
  const uniform = lowerToStableHlo(addition(new Float32Array(2000).fill(3), [2000]));
  assert.equal(uniform.largeConstants.length, 0);
  assert.match(uniform.stablehlo, /dense<3\.0> : tensor<2000xf32>/);
});

test("numbers keep all their digits", () => {
  assert.equal(elementLiteral(1e-8, "float32"), "1.0e-8");
  assert.equal(elementLiteral(Math.fround(0.1), "float32"), "0.10000000149011612");
  assert.equal(elementLiteral(1e21, "float32"), "1.0e+21");
  assert.equal(elementLiteral(-0, "float32"), "-0.0");
  assert.equal(elementLiteral(Number.NEGATIVE_INFINITY, "float32"), "0xff800000");
  assert.equal(elementLiteral(Number.POSITIVE_INFINITY, "bfloat16"), "0x7f80");
  assert.equal(elementLiteral(Number.POSITIVE_INFINITY, "float64"), "0x7ff0000000000000");
  assert.equal(elementLiteral(1, "bool"), "true");
  assert.equal(elementLiteral(-7, "int32"), "-7");
  assert.equal(
    denseLiteral(Int32Array.of(1, 2, 3, 4), { shape: [2, 2], dtype: "int32" }),
    "dense<[[1, 2], [3, 4]]>",
  );
  assert.equal(denseLiteral(Float32Array.of(0, -0), { shape: [2], dtype: "float32" }), "dense<[0.0, -0.0]>");
});

test("text cannot go to a device", () => {
  assert.throws(() => typeText({ shape: [2], dtype: "string" }), /type string cannot be part of a program/);
});

test("compile options are the protocol buffer that XLA reads", () => {
  // Field 3 (build options): field 4 (replicas) = 1, field 5 (partitions) = 1.
  assert.deepEqual([...compileOptions()], [0x1a, 4, 0x20, 1, 0x28, 1]);
  const withFlag = [...compileOptions({ ab: true })];
  // Field 7: an entry of a map, key "ab", value { bool (2): true }.
  assert.deepEqual(withFlag.slice(6), [0x3a, 8, 0x0a, 2, 0x61, 0x62, 0x12, 2, 0x10, 1]);
  // 300 takes two bytes: seven bits each, the lower ones first.
  assert.deepEqual([...compileOptions({ a: 300 })].slice(-3), [0x18, 0xac, 2]);
});

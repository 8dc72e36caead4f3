import assert from "node:assert/strict";
import { test } from "node:test";
import { graphBuilder } from "../src/graph/builder";
import type { Attributes, Graph, Value } from "../src/graph/graph";
import { storeOnce } from "../src/stablehlo/store-once";

const cast = (dtype: "float32" | "bfloat16"): Attributes => ({ DstT: { type: "dtype", value: dtype } });
const line = ({ nodes }: Graph) =>
  nodes.map(
    ({ op, inputs, outputs }) => `${op} %${inputs[0]!.id} -> ${outputs[0]!.dtype} %${outputs[0]!.id}`,
  );

/** A norm's result that a product reads as bfloat16, reshaped, and the residual stream as float32. */
function residual(size: number) {
  const builder = graphBuilder("residual");
  const x = builder.parameter([size, 8], "float32");
  const only = (values: readonly Value[]) => values[0]!;
  const norm = only(builder.node("Square", {}, [x], 1));
  const shape = builder.constant([3], "int32", Int32Array.of(1, size, 8));
  const rows = only(builder.node("Reshape", {}, [norm, shape], 1));
  const short = only(builder.node("Cast", cast("bfloat16"), [rows], 1));
  const sum = only(builder.node("AddV2", {}, [norm, x], 1));
  // A parameter that is read as bfloat16 keeps its digits.
  const weight = only(builder.node("Cast", cast("bfloat16"), [x], 1));
  return builder.build([short, sum, weight, norm]);
}

test("what is read as bfloat16 is stored as bfloat16 only, through reshapes", () => {
  const after = storeOnce(residual(1000));
  const [square, short, wide, moved, , sum] = after.nodes;
  assert.deepEqual([square!.op, short!.op, wide!.op], ["Square", "Cast", "Cast"]);
  assert.equal(short!.outputs[0]!.dtype, "bfloat16");
  // The product's operand is rearranged from the stored tensor; the sum reads it widened.
  assert.equal(moved!.op, "Reshape");
  assert.equal(moved!.inputs[0], short!.outputs[0]);
  assert.equal(after.results[0], moved!.outputs[0]);
  assert.equal(sum!.inputs[0], wide!.outputs[0]);
  assert.deepEqual(
    after.results.map(({ dtype, shape }) => `${dtype}[${shape}]`),
    ["bfloat16[1,1000,8]", "float32[1000,8]", "bfloat16[1000,8]", "float32[1000,8]"],
  );
  assert.equal(after.results[3], wide!.outputs[0]);
});

test("small values, and graphs without bfloat16, stay as they are", () => {
  const small = residual(10);
  assert.deepEqual(line(storeOnce(small)), line(small));
});

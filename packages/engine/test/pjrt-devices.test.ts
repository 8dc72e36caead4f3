import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { graphBuilder } from "../src/graph/builder";
import type { Graph } from "../src/graph/graph";
import { type DeviceBuffer, toDevice, toHostSync } from "../src/pjrt/buffers";
import { openDevice, type PjrtDevice } from "../src/pjrt/client";
import { compileForDevice } from "../src/pjrt/executable";
import { programMemory } from "../src/pjrt/programs";
import { lowerToStableHlo } from "../src/stablehlo/lower";
import { runNow } from "../src/steps";
import { needsPlugin } from "./pjrt";

const batch = 8;

/** Takes hidden states [8, 8], tokens [8] and weights [8, 8]; multiplies the states whose token is above 0, and sums them. */
function graph(): Graph {
  const builder = graphBuilder("states");
  const [states, tokens] = [builder.parameter([batch, 8], "float32"), builder.parameter([batch], "int32")];
  const weights = builder.parameter([8, 8], "float32");
  const node = (op: string, inputs: Parameters<typeof builder.node>[2]) =>
    builder.node(op, {}, inputs, 1)[0]!;
  const ints = (...values: number[]) => builder.constant([values.length], "int32", Int32Array.from(values));
  const above = node("Greater", [tokens, builder.constant([], "int32", Int32Array.of(0))]);
  const column = node("Reshape", [above, ints(batch, 1)]);
  const next = node("SelectV2", [column, node("MatMul", [states, weights]), states]);
  return builder.build([next, node("Sum", [next, ints(0, 1)]), weights]);
}

test("examples are split, hidden states that meet them too, and weights with as many rows are whole", () => {
  const { stablehlo, devices, layouts } = lowerToStableHlo(graph(), { donate: [0], devices: 4 });
  assert.equal(devices, 4);
  assert.deepEqual(layouts.arguments, ["split", "split", "whole"]);
  assert.deepEqual(layouts.results.slice(0, 2), ["split", "whole"]);
  assert.match(stablehlo, /^module @program attributes \{mhlo\.num_partitions = 4 : i32\} \{/);
  assert.match(
    stablehlo,
    /%arg0: tensor<8x8xf32> \{mhlo\.sharding = "\{devices=\[4,1\]<=\[4\]\}", tf\.aliasing_output = 0 : i32\}, %arg1: tensor<8xi32> \{mhlo\.sharding = "\{devices=\[4\]<=\[4\]\}"\}, %arg2: tensor<8x8xf32> \{mhlo\.sharding = "\{replicated\}"\}/,
  );
});

test("what devices cannot share equally runs on the first", () => {
  const { stablehlo, devices, layouts } = lowerToStableHlo(graph(), { devices: 3 });
  assert.equal(devices, 1);
  assert.deepEqual(layouts.arguments, ["first", "first", "first"]);
  assert.doesNotMatch(stablehlo, /sharding|partitions/);
});

describe("several PJRT devices", needsPlugin, () => {
  let device: PjrtDevice;
  before(() => {
    device = openDevice({ devices: 4 });
  });
  after(() => device.close());

  const numbers = (seed: number) => Float32Array.from({ length: 64 }, (_, i) => Math.sin(seed * i + seed));
  const states = numbers(1);
  const weights = numbers(2);
  const tokens = Int32Array.of(0, 1, 2, 0, 0, 3, 4, 0);
  const square = { shape: [8, 8], dtype: "float32" } as const;
  const put = (layout: DeviceBuffer["layout"]) => [
    toDevice(device, states, square, layout),
    toDevice(device, tokens, { shape: [8], dtype: "int32" }, layout),
    toDevice(device, weights, square, layout === "split" ? "whole" : layout),
  ];

  test("are counted", () => {
    assert.equal(device.addresses.length, 4);
    assert.throws(() => openDevice({ devices: 0 }), /"devices" is 0; it must be a whole number from 1/);
    if (device.platform !== "cpu") return;
    assert.throws(
      () => openDevice({ devices: 3, options: { cpu_device_count: 2 } }),
      /offers 2 devices; there are no 3/,
    );
  });

  test("a split tensor comes back whole", () => {
    const buffer = toDevice(device, states, square, "split");
    assert.equal(buffer.parts.length, 4);
    assert.deepEqual(toHostSync(buffer), states);
    buffer.handle.free();
  });

  test("one program runs on all, takes over donated memory, and leaves nothing behind", () => {
    const before = device.registry.size;
    const compile = (devices: number) =>
      runNow(compileForDevice(device, graph(), { donate: [0], devices }, {}));
    const [alone, shared] = [compile(1), compile(4)];
    assert.equal(programMemory(shared.program).aliased, 64, "two rows on each device");
    const inputs = put("first");
    const outputs = alone.run(inputs, new Set());
    const [expected, expectedSum] = outputs;
    const arguments_ = put("split");
    const [next, sum, same] = shared.run(arguments_, new Set([0]));
    assert.equal(next!.parts.length, 4);
    assert.throws(() => toHostSync(arguments_[0]!), /already disposed/);
    const others = toHostSync(expected!);
    (toHostSync(next!) as Float32Array).forEach((value, i) => {
      assert.ok(Math.abs(value - Number(others[i])) < 1e-6, `state ${i}`);
    });
    assert.ok(Math.abs(Number(toHostSync(sum!)[0]) - Number(toHostSync(expectedSum!)[0])) < 1e-5);
    // The results go into the next run as they are; a run that may not take over its arguments leaves them.
    const again = shared.run([next!, arguments_[1]!, same!], new Set());
    assert.deepEqual(toHostSync(same!), weights);
    assert.throws(
      () => shared.run(inputs, new Set()),
      /argument 0 is first on the devices, but must be split/,
    );
    for (const { handle } of [next!, sum!, same!, ...again, ...arguments_, ...inputs, ...outputs])
      handle.free();
    alone.dispose();
    shared.dispose();
    assert.equal(device.registry.size, before);
  });
});

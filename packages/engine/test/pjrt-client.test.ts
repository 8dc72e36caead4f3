import assert from "node:assert/strict";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ElementType } from "../src/pjrt/abi";
import { type HostArray, toDevice, toHost, toHostSync } from "../src/pjrt/buffers";
import { readCached, writeCached } from "../src/pjrt/cache";
import { openDevice, type PjrtDevice } from "../src/pjrt/client";
import { PjrtError } from "../src/pjrt/library";
import {
  compileProgram,
  compileProgramSync,
  type ProgramText,
  programMemory,
  runProgram,
} from "../src/pjrt/programs";
import { needsPlugin } from "./pjrt";

/** `x * 2 + y` and the sum of `x`; `x` may be written over. */
const program: ProgramText = {
  name: "example",
  stablehlo: `module @program {
func.func public @main(%x: tensor<4xf32> {tf.aliasing_output = 0 : i32}, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<f32>) {
%two = stablehlo.constant dense<2.0> : tensor<4xf32>
%zero = stablehlo.constant dense<0.0> : tensor<f32>
%a = stablehlo.multiply %x, %two : tensor<4xf32>
%b = stablehlo.add %a, %y : tensor<4xf32>
%c = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
func.return %b, %c : tensor<4xf32>, tensor<f32>
}
}`,
  arguments: [
    { shape: [4], dtype: "float32" },
    { shape: [4], dtype: "float32" },
  ],
  results: [
    { shape: [4], dtype: "float32" },
    { shape: [], dtype: "float32" },
  ],
  donated: [0],
};

describe("a PJRT device", needsPlugin, () => {
  let device: PjrtDevice;
  before(() => {
    device = openDevice();
  });
  after(() => device.close());
  const vector = (...values: number[]) =>
    toDevice(device, Float32Array.from(values), { shape: [values.length], dtype: "float32" });

  test("says what it is", () => {
    assert.match(device.platform, /^[a-z]+$/);
    assert.ok(device.kind.length > 0);
    const memory = device.memory();
    assert.ok(memory === null || memory.inUse >= 0);
  });

  test("there is no device beyond the last", () => {
    assert.throws(() => openDevice({ index: 99 }), /there is no device 99/);
  });

  test("options reach the plugin, which refuses those that it does not know", (t) => {
    assert.throws(() => openDevice({ options: { nonsense: 1 } }), /Opening a device .*nonsense/);
    if (device.platform !== "cpu") return t.skip("only the CPU can be two devices");
    const second = openDevice({ options: { cpu_device_count: 2 }, index: 1 });
    assert.notEqual(second.addresses[0], device.addresses[0]);
    second.close();
    assert.throws(() => openDevice({ options: { cpu_device_count: 2 }, index: 2 }), /there is no device 2/);
  });

  const arrays: [ElementType, HostArray][] = [
    ["float32", Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3)],
    ["float64", Float64Array.of(0.1, 2, 3, 4, 5, 6)],
    ["int32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, 2, 3)],
    ["int64", BigInt64Array.of(-(2n ** 63n), 1n, 2n, 3n, 4n, 5n)],
    ["bool", Uint8Array.of(1, 0, 0, 1, 1, 0)],
    ["uint8", Uint8Array.of(255, 0, 1, 2, 3, 4)],
    ["bfloat16", Uint16Array.of(0x3f80, 0x4000, 0, 1, 2, 3)],
  ];
  for (const [dtype, data] of arrays) {
    test(`${dtype} goes there and comes back unchanged, row by row`, async () => {
      const buffer = toDevice(device, data, { shape: [2, 3], dtype });
      assert.deepEqual(toHostSync(buffer), data);
      assert.deepEqual(await toHost(buffer), data);
      buffer.handle.free();
    });
  }

  test("scalars and empty tensors go there and come back", () => {
    const scalar = toDevice(device, Int32Array.of(7), { shape: [], dtype: "int32" });
    assert.deepEqual(toHostSync(scalar), Int32Array.of(7));
    const empty = toDevice(device, new Float32Array(0), { shape: [3, 0], dtype: "float32" });
    assert.deepEqual(toHostSync(empty), new Float32Array(0));
    for (const buffer of [scalar, empty]) buffer.handle.free();
  });

  test("an array may be changed as soon as it is on its way", () => {
    const data = new Float32Array(1_000_000).fill(1);
    const buffer = toDevice(device, data, { shape: [data.length], dtype: "float32" });
    data.fill(2);
    assert.ok((toHostSync(buffer) as Float32Array).every((value) => value === 1));
    buffer.handle.free();
  });

  test("a buffer may be freed while it is being read", async () => {
    const buffer = toDevice(device, new Float32Array(1_000_000).fill(3), {
      shape: [1_000_000],
      dtype: "float32",
    });
    const reading = toHost(buffer);
    buffer.handle.free();
    assert.ok(((await reading) as Float32Array).every((value) => value === 3));
  });

  test("arrays that do not fit are errors before they reach the device", () => {
    assert.throws(
      () => toDevice(device, new Float32Array(5), { shape: [2, 3], dtype: "float32" }),
      /float32\[2,3\].*20 bytes.*24/,
    );
    assert.throws(
      () => toDevice(device, new Int32Array(6) as HostArray, { shape: [6], dtype: "float32" }),
      /is a Int32Array, not a Float32Array/,
    );
  });

  test("programs run, take over the memory of donated arguments, and leave nothing behind", async () => {
    const before = device.registry.size;
    const compiled = await compileProgram(device, program);
    assert.equal(programMemory(compiled).aliased, 16);
    const [x, y] = [vector(1, 2, 3, 4), vector(10, 20, 30, 40)];
    const [b, c] = runProgram(compiled, [x, y]);
    assert.deepEqual(await toHost(b!), Float32Array.of(12, 24, 36, 48));
    assert.deepEqual(toHostSync(c!), Float32Array.of(10));
    assert.throws(() => toHostSync(x), /already disposed/);
    assert.throws(() => runProgram(compiled, [x, y]), /already disposed/);

    // The same program, told to leave its argument alone this time.
    const kept = vector(1, 1, 1, 1);
    const more = runProgram(compiled, [kept, y], new Set());
    assert.deepEqual(toHostSync(more[0]!), Float32Array.of(12, 22, 32, 42));
    assert.deepEqual(toHostSync(kept), Float32Array.of(1, 1, 1, 1));
    for (const buffer of [y, b!, c!, kept, ...more]) buffer.handle.free();
    compiled.handle.free();
    compiled.handle.free();
    assert.equal(device.registry.size, before);
  });

  test("wrong arguments are errors that name them", () => {
    const compiled = compileProgramSync(device, program);
    const [x, short] = [vector(1, 2, 3, 4), vector(1, 2)];
    assert.throws(() => runProgram(compiled, [x]), /takes 2 arguments, got 1/);
    assert.throws(
      () => runProgram(compiled, [x, short]),
      /argument 1 is a float32\[2\], but must be a float32\[4\]/,
    );
    const other = openDevice();
    const foreign = toDevice(other, new Float32Array(4), { shape: [4], dtype: "float32" });
    assert.throws(() => runProgram(compiled, [x, foreign]), /argument 1 lives on another device/);
    other.close();
    assert.throws(() => toHostSync(foreign), /already disposed/);
    for (const { handle } of [x, short, compiled]) handle.free();
  });

  test("the compiler's errors show the line", () => {
    const broken = {
      ...program,
      stablehlo: program.stablehlo.replace("multiply %x, %two", "multiply %x, %three"),
    };
    assert.throws(
      () => compileProgramSync(device, broken),
      (error) =>
        error instanceof PjrtError && /Line 5: %a = stablehlo\.multiply %x, %three/.test(error.message),
    );
  });

  test("compiled programs are kept on disk, and damaged files are not loaded", () => {
    const folder = mkdtempSync(join(tmpdir(), "pjrt-cache-"));
    const compileOnce = () => {
      const compiled = compileProgramSync(device, program, { cache: folder });
      const [x, y] = [vector(1, 2, 3, 4), vector(1, 1, 1, 1)];
      const results = runProgram(compiled, [x, y]);
      assert.deepEqual(toHostSync(results[0]!), Float32Array.of(3, 5, 7, 9));
      for (const { handle } of [y, ...results, compiled]) handle.free();
      return compiled.fromCache;
    };
    assert.equal(compileOnce(), false);
    const [name] = readdirSync(folder);
    if (name !== undefined) {
      assert.equal(compileOnce(), true);
      const file = join(folder, name);
      writeFileSync(file, readFileSync(file).subarray(0, 100));
      assert.equal(compileOnce(), false);
      assert.equal(compileOnce(), true);
    }
    rmSync(folder, { recursive: true });
  });

  test("other flags of the compiler are another program in the cache", () => {
    const folder = mkdtempSync(join(tmpdir(), "pjrt-cache-"));
    const fromCache = [true, false].map((xla_llvm_disable_expensive_passes) => {
      const flags = { xla_llvm_disable_expensive_passes };
      const compiled = compileProgramSync(device, program, { cache: folder, flags });
      compiled.handle.free();
      return compiled.fromCache;
    });
    assert.deepEqual(fromCache, [false, false]);
    rmSync(folder, { recursive: true });
  });

  test("closing a device frees what was left on it", () => {
    const other = openDevice();
    const forgotten = toDevice(other, new Float32Array(4), { shape: [4], dtype: "float32" });
    const compiled = compileProgramSync(other, program);
    assert.equal(other.registry.size, 2);
    other.close();
    assert.equal(other.registry.size, 0);
    assert.throws(() => forgotten.handle.address, /already disposed/);
    assert.throws(() => compiled.handle.address, /already disposed/);
    other.close();
  });
});

test("the cache forgets what was not used for longest", () => {
  const folder = mkdtempSync(join(tmpdir(), "pjrt-cache-"));
  // Sparse files: they count as large and take no room.
  for (const [name, age] of [
    ["old", 3],
    ["used", 2],
    ["young", 1],
  ] as const) {
    const file = join(folder, name);
    writeFileSync(file, "");
    truncateSync(file, 4e8);
    utimesSync(file, 0, Date.now() / 1000 - age);
  }
  writeCached(folder, "new", new Uint8Array(10));
  assert.deepEqual(readdirSync(folder).sort(), ["new", "used", "young"]);
  assert.deepEqual(readCached(folder, "new"), Buffer.alloc(10));
  assert.equal(readCached(folder, "young"), null, "a file of zeros is no program");
  rmSync(folder, { recursive: true });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRandom, type Random, restoreRandom } from "../../src/random";

const draw = (random: Random): unknown[] => [
  random.int(0, 1000),
  random.float(),
  random.normal(),
  [...random.permutation(7)],
  random.shuffle(["a", "b", "c", "d"]),
];

test("the same seed gives the same numbers, another seed others", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      assert.deepEqual(draw(createRandom(a)), draw(createRandom(a)));
      fc.pre(a !== b);
      assert.notDeepEqual(draw(createRandom(a)), draw(createRandom(b)));
    }),
  );
});

test("a stream restored from JSON goes on as if it had never stopped", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(20), (seed, draws) => {
      const random = createRandom(seed);
      for (let i = 0; i < draws; i++) random.normal();
      const restored = restoreRandom(JSON.parse(JSON.stringify(random.save())));
      assert.deepEqual(draw(restored), draw(random));
      assert.deepEqual(draw(restored.fork("x")), draw(random.fork("x")));
    }),
  );
});

test("a fork depends on the seed and the name, not on what was drawn before", () => {
  const fresh = createRandom(7);
  const used = createRandom(7);
  used.permutation(100);
  assert.deepEqual(draw(fresh.fork("weights")), draw(used.fork("weights")));
  assert.notDeepEqual(draw(fresh.fork("weights")), draw(fresh.fork("batches")));
});

test("integers cover their range evenly", () => {
  const random = createRandom(3);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[random.int(-2, 4) + 2]++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `counts ${counts}`);
});

test("normals have mean 0, standard deviation 1 and the right share within one deviation", () => {
  const random = createRandom(4);
  const values = Array.from({ length: 50_000 }, () => random.normal());
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  const within = values.filter((v) => Math.abs(v) < 1).length / values.length;
  assert.ok(Math.abs(mean) < 0.02, `mean ${mean}`);
  assert.ok(Math.abs(deviation - 1) < 0.02, `deviation ${deviation}`);
  assert.ok(Math.abs(within - 0.6827) < 0.01, `within one deviation ${within}`);
});

test("a permutation holds every number once", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(50), (seed, n) => {
      const sorted = createRandom(seed).permutation(n).sort();
      assert.deepEqual([...sorted], [...Array(n).keys()]);
    }),
  );
});

test("bad seeds, ranges and states are refused", () => {
  assert.throws(() => createRandom(0.5), /seed must be an integer or a text, got 0.5/);
  assert.throws(() => createRandom(1).int(3, 3), /no integer lies in \[3, 3\)/);
  assert.throws(() => restoreRandom({ seed: "1", state: [1, 2, 3] }), /four 32-bit integers/);
  assert.throws(() => restoreRandom({ seed: "1", state: [1, 2, 3, 0.5] }), /four 32-bit integers/);
});

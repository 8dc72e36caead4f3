import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, placeAt, placeCount } from "../../packages/playground/src/page/loops";

test("every place in the loops has its lines in the library's present code", async () => {
  const { loopCode } = await import("./loop-code.mjs");
  const excerpts = loopCode((code) => code);
  const lines = new Map(
    excerpts.flatMap(({ lines, marks }) =>
      Object.entries<number>(marks).map(([name, line]) => [name, lines[line]]),
    ),
  );
  const wanted = ([1, 2] as const).flatMap((latents) => {
    const depth = { steps: 2, T: 2, n: 2, latents };
    return Array.from({ length: placeCount(depth) }, (_, i) => linesOf(placeAt(i, depth), depth)).flat();
  });
  assert.deepEqual(
    [...new Set(wanted)].filter((name) => !lines.has(name)),
    [],
  );
  assert.match(lines.get("z")!, /^\s+z = net\.z\(x, y, z\);/);
  assert.match(lines.get("single-z")!, /^for .* z = net\.z\(x, z\);/);
  assert.match(lines.get("y")!, /^y = net\.y\(y, z\);/);
});

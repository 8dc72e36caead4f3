import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DIHEDRAL_COUNT, dihedral, inverseDihedral, type Raster } from "../../src/puzzles";

const anyRaster: fc.Arbitrary<Raster> = fc
  .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }) })
  .map(({ rows, columns }) => ({
    rows,
    columns,
    cells: Uint8Array.from({ length: rows * columns }, (_, i) => i),
  }));

test("the eight transforms are NumPy's rot90, fliplr, flipud, T and the other diagonal", () => {
  // a b c      worked out by hand
  // d e f
  const raster = { rows: 2, columns: 3, cells: Uint8Array.from("abcdef", (c) => c.charCodeAt(0)) };
  const lines = (transform: number): string => {
    const { rows, columns, cells } = dihedral(raster, transform);
    const text = String.fromCharCode(...cells);
    return Array.from({ length: rows }, (_, row) => text.slice(row * columns, (row + 1) * columns)).join(" ");
  };
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(lines), [
    "abc def",
    "cf be ad",
    "fed cba",
    "da eb fc",
    "cba fed",
    "def abc",
    "ad be cf",
    "fc eb da",
  ]);
});

test("the inverse undoes every transform of every raster", () => {
  fc.assert(
    fc.property(anyRaster, fc.nat(DIHEDRAL_COUNT - 1), (raster, transform) => {
      assert.deepEqual(inverseDihedral(dihedral(raster, transform), transform), raster);
      assert.deepEqual(dihedral(inverseDihedral(raster, transform), transform), raster);
    }),
  );
});

test("other numbers are refused", () => {
  const raster = { rows: 1, columns: 1, cells: Uint8Array.of(0) };
  for (const transform of [-1, 8, 1.5]) {
    assert.throws(() => dihedral(raster, transform), /must be an integer from 0 to 7/);
    assert.throws(() => inverseDihedral(raster, transform), /must be an integer from 0 to 7/);
  }
});

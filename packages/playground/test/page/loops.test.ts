import assert from "node:assert/strict";
import { test } from "node:test";
import { formulasOf, indexOf, linesOf, nameOf, placeAt, placeCount, sentenceOf } from "../../src/page/loops";

const depth = { steps: 3, T: 2, n: 2, latents: 2 } as const;
const places = Array.from({ length: placeCount(depth) }, (_, index) => placeAt(index, depth));

test("the places are those of the paper's loops: T times n updates of z and one of y, then the heads", () => {
  const step = ["z", "z", "y", "z", "z", "y", "read"];
  assert.deepEqual(
    places.map(({ what }) => what),
    [...step, ...step, ...step],
  );
  assert.deepEqual(places[10], { step: 2, recursion: 2, update: 1, what: "z" });
});

test("a place has one number", () => {
  assert.deepEqual(
    places.map((place) => indexOf(place, depth)),
    [...places.keys()],
  );
});

test("a place lights up its line and those it is called from", () => {
  assert.deepEqual(linesOf(places[0]!, depth), ["z", "recurse", "improve", "deep", "step"]);
  assert.deepEqual(linesOf(places[5]!, depth), ["y", "recurse", "last", "deep", "step"]);
  assert.match(sentenceOf(places[3]!, depth), /latent recursion 2 of 2 .*gradients.*update 1 of 2/);
});

test("with one latent the same places update z, from x and z and then from z alone", () => {
  const one = { ...depth, latents: 1 } as const;
  assert.deepEqual(
    places.slice(0, 7).map((place) => nameOf(place, one)),
    ["z", "z", "z", "z", "z", "z", "read"],
  );
  assert.deepEqual(linesOf(places[2]!, one), ["single-y", "recurse", "improve", "deep", "step"]);
  assert.match(sentenceOf(places[0]!, one), /z is updated from x and z\.$/);
  assert.match(sentenceOf(places[2]!, one), /: z is updated from z alone\. Without x/);
  assert.match(sentenceOf(places[6]!, one), /read the answer and the belief in it from z\./);
  assert.deepEqual(
    Object.values(formulasOf(one)).filter((formula) => formula.includes("y")),
    [],
  );
});

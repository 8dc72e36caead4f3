import assert from "node:assert/strict";
import { test } from "node:test";
import { defaults, readState, type State, writeState } from "../../src/page/state";

test("a state survives its address, and the default one needs none", () => {
  const state: State = {
    ...defaults,
    tab: "train",
    model: "9x9",
    puzzle: "1..4",
    noise: 0.3,
    erase: "yz",
    rate: 2e-3,
    ema: 0,
    latents: 1,
    place: 17,
  };
  assert.deepEqual(readState(writeState(state)), state);
  assert.equal(writeState(defaults), "#");
  assert.deepEqual(readState(""), defaults);
});

test("what an address names wrongly has its default, and no value is beyond its limit", () => {
  const wrong =
    "#tab=fly&model=7x7&steps=1e9&n=-3&T=two&noise=&chains=0x4000&erase=x&ema=2&latents=3&place=-1&other=1";
  assert.deepEqual(readState(wrong), defaults);
  assert.equal(readState(`#puzzle=${"1".repeat(1000)}`).puzzle.length, 200);
});

test("numbers that count things are whole, and at least one chain thinks", () => {
  assert.deepEqual(readState("#steps=2.5&chains=0&n=1.5&place=0.5"), defaults);
});

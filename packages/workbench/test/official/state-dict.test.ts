import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flatten, startEngine, tf } from "tfjs-compile";
import { createRandom } from "trm/random";
import { tinyModel } from "../../../../lib/test/trainer/support";
import { fromStateDict, toStateDict } from "../../src/official";

before(() => startEngine());

test("state dictionaries go to official names and back", () => {
  const model = tinyModel({ positions: "learned", networks: 2 });
  const params = model.init(createRandom(1));
  const dict = toStateDict(params);
  assert.ok(dict["inner.H_level.layers.1.self_attn.qkv_proj.weight"]);
  assert.ok(dict["inner.embed_pos.embedding_weight"]);
  const back = fromStateDict(model, dict);
  flatten(back).forEach((tensor, i) => {
    assert.deepEqual(tensor.dataSync(), flatten(params)[i].dataSync());
  });
  const { "inner.H_init": _, ...without } = dict;
  assert.throws(() => fromStateDict(model, without), /has no "inner\.H_init"/);
  assert.throws(() => fromStateDict(model, { ...dict, extra: tf.zeros([1]) }), /has "extra", for which/);
  assert.throws(
    () => fromStateDict(model, { ...dict, "inner.H_init": tf.zeros([3]) }),
    /"inner\.H_init" is \[3\] in the state dictionary, but \[32\]/,
  );
});

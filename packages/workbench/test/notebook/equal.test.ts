import assert from "node:assert/strict";
import { before, mock, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { equalToLibrary } from "../../src/notebook";

before(() => startEngine());

/** What is printed. */
function asked(...trees: Parameters<typeof equalToLibrary>): string {
  const { mock: log } = mock.method(console, "log", () => {});
  equalToLibrary(...trees);
  const text = String(log.calls[0].arguments[0]);
  mock.restoreAll();
  return text;
}

test("a result is compared with the library's, tensor by tensor and by its own size", () => {
  const [one, large] = [tf.tensor1d([1, 2]), tf.tensor1d([1000])];
  assert.equal(
    asked({ one, large }, { large, one: tf.tensor1d([1, 2.0001]) }),
    "equal to the library's: true (largest difference 1e-4, largest number 1.0e+3)",
  );
  // 0.01 is little beside 1,000, but not beside 2.
  assert.match(
    asked([one, large], [tf.tensor1d([1, 2.01]), large]),
    /library's: false \(largest difference 1e-2/,
  );
  assert.match(asked(tf.tensor1d([Number.NaN, 1]), tf.tensor1d([1, 1])), /library's: false/);
  assert.match(asked(one, large), /false \(shapes \[2\] where the library has \[1\]\)/);
});

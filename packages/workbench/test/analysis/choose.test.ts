import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beliefBins,
  type Chain,
  firstChains,
  type KeepsRules,
  type MethodName,
  methods,
  type PuzzleChains,
  scoreMethod,
  untilHalt,
} from "../../src/analysis";

/** A chain of answers to a puzzle of one cell: "3 -2" is the token 3 with q -2; changes of the logits as given. */
function chain(steps: readonly string[], changes: readonly number[] = []): Chain {
  return steps.map((step, i) => {
    const [token, qHalt] = step.split(" ").map(Number);
    return { tokens: Int32Array.of(token), qHalt, halts: qHalt > 0, change: changes[i] ?? 0, confidence: 1 };
  });
}

function puzzle(label: number, ...chains: Chain[]): PuzzleChains {
  return { inputs: Int32Array.of(1), labels: Int32Array.of(label), puzzleIdentifier: 0, chains };
}

const isFive: KeepsRules = ([token]) => token === 5;

/** Token chosen, and supervision steps spent on it. */
function chosen(name: MethodName, thought: PuzzleChains): string {
  const choice = methods[name].choose(thought, isFive);
  if (!choice) return "nothing";
  return `${thought.chains[choice.chain][choice.step].tokens[0]} for ${choice.spent}`;
}

const four = puzzle(
  5,
  chain(["2 -3", "2 -2", "2 -1"], [0, 1, 1]),
  chain(["3 -4", "5 1", "6 -5"], [0, 9, 9]),
  chain(["4 -9", "4 -9", "4 -2"], [0, 3, 0.5]),
  chain(["4 -9", "7 2", "4 -3"], [0, 5, 5]),
);

test("each method takes the answer that it names, at its cost", () => {
  assert.equal(chosen("last", four), "2 for 3");
  assert.equal(chosen("best-q", four), "2 for 12");
  assert.equal(chosen("best-q-ever", four), "7 for 12");
  assert.equal(chosen("first-to-halt", four), "7 for 8", "of two that halt at one step, the more believed");
  assert.equal(chosen("calmest", four), "2 for 12");
  assert.equal(chosen("vote", four), "4 for 12");
  assert.equal(chosen("rules", four), "5 for 8");
});

test("calm is judged by the last three changes, and a first step has none", () => {
  const restlessBefore = chain(["1 0", "1 0", "1 0", "1 0", "1 0"], [0, 90, 1, 1, 1]);
  const restlessNow = chain(["2 0", "2 0", "2 0", "2 0", "2 0"], [0, 0, 0, 2, 2]);
  assert.equal(chosen("calmest", puzzle(1, restlessNow, restlessBefore)), "1 for 10");
});

test("votes count whole grids, and of equally many the one with the highest q wins", () => {
  const tied = puzzle(1, chain(["1 -2"]), chain(["2 -1"]), chain(["1 -5"]), chain(["2 -9"]));
  assert.equal(chosen("vote", tied), "2 for 4");
});

test("first to halt falls back to the best belief, and the rules to no answer", () => {
  const unsure = puzzle(4, chain(["1 -5", "2 -4"]), chain(["3 -9", "4 -3"]));
  assert.equal(chosen("first-to-halt", unsure), "4 for 4");
  assert.equal(chosen("rules", unsure), "nothing");
  assert.equal(methods.rules.decided(unsure, isFive), false);
  assert.equal(methods["first-to-halt"].decided(unsure), false);
  assert.equal(methods["first-to-halt"].decided(four), true);
});

test("chains that end when they halt spend less, and others can still be cut", () => {
  const halted = untilHalt(four);
  assert.deepEqual(
    halted.chains.map(({ length }) => length),
    [3, 2, 3, 2],
  );
  assert.equal(chosen("best-q", halted), "7 for 10");
  assert.equal(chosen("best-q", firstChains(four, 2, 2)), "5 for 4");
});

test("the score tells accuracy, cost, oracle and failures of selection", () => {
  const easy = puzzle(2, chain(["2 1", "2 3", "2 3"]));
  const hopeless = puzzle(9, chain(["1 -1", "1 -1", "1 2"]));
  const all = [four, easy, hopeless];
  const last = scoreMethod(all, "last");
  assert.deepEqual(last, {
    count: 3,
    solved: 1 / 3,
    cells: 1 / 3,
    halting: 2 / 3,
    answered: 1,
    spent: 3,
    oracle: 2 / 3,
    selectionFailures: 1 / 3,
  });
  const rules = scoreMethod(all, "rules", isFive);
  assert.equal(rules.solved, 1 / 3);
  assert.equal(rules.answered, 1 / 3);
  assert.equal(rules.spent, (8 + 3 + 3) / 3, "a puzzle without an answer costs all its steps");
  assert.throws(() => scoreMethod(all, "rules"), /needs to be told them/);
});

test("calibration counts the last answers by belief", () => {
  const bins = beliefBins([puzzle(2, chain(["1 -9"]), chain(["2 9"]), chain(["3 9"]))], 2);
  assert.deepEqual(
    bins.map(({ from, count, right }) => [from, count, right]),
    [
      [0, 1, 0],
      [0.5, 2, 0.5],
    ],
  );
});

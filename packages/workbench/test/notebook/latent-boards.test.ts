import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine } from "tfjs-compile";
import { exampleAt } from "trm/batches";
import { createRandom } from "trm/random";
import { createReasoner, solve } from "trm/trainer";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import { latentBoardsFigure } from "../../src/notebook";

before(() => startEngine());

test("the boards of y show what the model answers, after its first step and its last", async () => {
  const model = tinyModel();
  const params = model.init(createRandom(1));
  const reasoner = createReasoner(model, "float32");
  const puzzle = exampleAt(tinyTask.test, 0);
  const figure = await latentBoardsFigure({ reasoner, params }, puzzle, { title: "" });
  const captions = (figure.layout.annotations ?? []).map(({ text }) => text ?? "");
  const names = captions.map((caption) => caption.split(":")[0]);
  assert.deepEqual(names, ["y, step 1", "z, step 1", "y, step 3", "z, step 3"]);

  const thoughts = await solve(reasoner, params, puzzle.inputs);
  for (const [board, { tokens }] of [
    [captions[0], thoughts[0]] as const,
    [captions[2], thoughts[2]] as const,
  ]) {
    // The empty square is token 1: other cells are clues, which the boards show as given.
    const wrong = tokens.filter((token, cell) => puzzle.inputs[cell] === 1 && token !== puzzle.labels[cell]);
    assert.match(board, new RegExp(`: ${wrong.length} wrong`));
  }
  await assert.rejects(
    latentBoardsFigure({ reasoner, params }, { inputs: [1], labels: [1] }, { title: "" }),
    /the puzzle has 1 tokens and 1 of its solution, but the model expects 16/,
  );
  reasoner.dispose();
});

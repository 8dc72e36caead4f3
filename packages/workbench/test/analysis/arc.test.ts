import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { disposeTree, startEngine, tf } from "tfjs-compile";
import { exampleAt, exampleCount } from "trm/batches";
import { createModel } from "trm/model";
import { arcGrid, gridHash, parseArcName, undoArcAugmentation } from "trm/puzzles";
import { createRandom } from "trm/random";
import { createReasoner } from "trm/trainer";
import { tinyModel } from "../../../../lib/test/trainer/support";
import { evaluateArc, identifiersOf, shareColours, shareIdentifiers } from "../../src/analysis";
import { readArcDatasets, readArcTasks } from "../../src/data";
import { arcFigure } from "../../src/figures";
import { projectFolder } from "../../src/files/paths";

const tasks = readArcTasks(join(projectFolder, "data", "arc"), "easy");
const { test: asked, ...extras } = readArcDatasets({ easy: tasks }, ["easy"], ["easy"], {
  seed: 1,
  augmentations: 3,
  side: 4,
});

// What is compiled here runs a few times: that does not pay for a C compiler.
before(() => {
  process.env.TFJS_COMPILE_TO = "tensorflow";
  return startEngine();
});

test("the ten tasks of data/arc fit on a canvas of 4x4, and their forms turn back into them", () => {
  assert.equal(tasks.length, 10);
  assert.equal(asked!.seqLen, 16);
  const grids = new Set(tasks.flatMap(({ test }) => test.map(({ output }) => gridHash(output))));
  const own = identifiersOf(asked!);
  for (let i = 0; i < exampleCount(asked!); i++) {
    const { augmentation } = parseArcName(extras.identifiers[own[i]]);
    const grid = arcGrid(exampleAt(asked!, i).labels);
    assert.ok(grids.has(gridHash(augmentation ? undoArcAugmentation(grid, augmentation) : grid)));
  }
  assert.throws(
    () => readArcDatasets({ easy: tasks }, ["easy"], [], { seed: 1, side: 2 }).train.inputs.subarray(0, 4),
    RangeError,
  );
});

test("answers vote for their own task, whatever identifiers the model gets", async () => {
  const { vocabSize, seqLen, numPuzzleIdentifiers } = asked!;
  const { config } = tinyModel();
  const model = createModel({ ...config, vocabSize, seqLen, numPuzzleIdentifiers });
  const params = model.init(createRandom(1));
  // An embedding that differs from puzzle to puzzle: the fresh one is zero.
  const noise = createRandom(2);
  const table = params.puzzleEmbedding!;
  const values = Float32Array.from({ length: table.size }, () => noise.normal());
  const changed = { ...params, puzzleEmbedding: tf.tensor2d(values, table.shape) };
  const reasoner = createReasoner(model, "float32");
  const ask = (identifiers: "own" | "blank" | "shuffled") =>
    evaluateArc(reasoner, changed, asked!, extras, { batchSize: 16, identifiers });
  const [own, blank, shuffled] = [await ask("own"), await ask("blank"), await ask("shuffled")];
  const shared = shareColours(extras.identifiers);
  const sharing = await evaluateArc(reasoner, changed, asked!, extras, { batchSize: 16, shared });
  for (const result of [own, blank, shuffled, sharing]) {
    assert.deepEqual([result.unanswered, result.known], [[], 12]);
  }
  assert.notDeepEqual(own.submission, blank.submission);
  assert.notDeepEqual(own.submission, shuffled.submission);
  assert.notDeepEqual(own.submission, sharing.submission);
  assert.deepEqual(Object.keys(own.solvedByTask).sort(), tasks.map(({ id }) => id).sort());
  reasoner.dispose();
  disposeTree([params, changed.puzzleEmbedding]);
});

test("forms that differ in their colours alone share an identifier", () => {
  const names = extras.identifiers;
  const shared = shareColours(names);
  names.forEach((name, identifier) => {
    const [one, other] = [name, names[shared[identifier]]].map(parseArcName);
    assert.equal(one.id, other.id);
    assert.equal(one.augmentation?.transform ?? 0, other.augmentation?.transform ?? 0);
    assert.ok(shared[identifier] <= identifier);
  });
  const used = new Set(shareIdentifiers(asked!, shared).puzzleIdentifiers);
  assert.ok(used.size < new Set(asked!.puzzleIdentifiers).size);
});

test("grids of several sizes are drawn in ARC's colours", () => {
  const boards = tasks[4].test.flatMap(({ input, output }) => [
    { grid: input, caption: "in" },
    { grid: output },
  ]);
  const { data, layout } = arcFigure({ title: "grids", boards });
  const shown = data.flatMap((trace) => (trace.type === "heatmap" ? [trace.z as number[][]] : []));
  assert.deepEqual(shown[0], [
    [2, 0, 2],
    [2, 2, 2],
    [2, 0, 2],
  ]);
  assert.deepEqual(shown[1], [
    [1, 10, 10],
    [10, 10, 10],
    [10, 10, 10],
  ]);
  assert.equal(layout.annotations?.length, 2);
  assert.throws(() => arcFigure({ title: "", boards: [] }), /boards is empty/);
});

import assert from "node:assert/strict";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { sudokuDataset } from "trm/batches";
import { tinyTask } from "../../../../lib/test/trainer/support";
import { latestCheckpoint, readCheckpoint } from "../../src/checkpoints";
import { sudokuCsv, writeDatasetFolder } from "../../src/data";
import { readWeights } from "../../src/official";
import { openRunData, resumable, runTraining } from "../../src/runs";
import { scratchFolder, tinyRun } from "./support";

before(() => startEngine());

const tensorsOf = (run: string) => readCheckpoint(latestCheckpoint(join(run, "checkpoints"))!).tensors();

test("an interrupted run goes on where it stopped and ends with the same weights, bit for bit", async () => {
  const folder = scratchFolder();
  const before = tf.memory().numTensors;
  const config = tinyRun({ metrics: { tensorboard: true } });
  const whole = await runTraining(config, { folder: join(folder, "whole") });
  assert.deepEqual([whole.step, whole.interrupted, whole.evaluations.length], [20, false, 2]);

  const cut = join(folder, "cut");
  const stop = new AbortController();
  const first = await runTraining(config, {
    folder: cut,
    signal: stop.signal,
    onStep: ({ step }) => {
      if (step === 13) stop.abort();
    },
  });
  // Step 14 was under way when step 13 was reported.
  assert.deepEqual([first.step, first.interrupted], [14, true]);
  assert.deepEqual(readdirSync(join(cut, "checkpoints")).sort(), ["step-00000010", "step-00000014"]);
  // What a process that was killed later would have left.
  appendFileSync(join(cut, "steps.csv"), "15,0.5,0.001,1,0,,,,\n16,0.");
  const second = await runTraining(config, { folder: cut, resume: resumable(cut) });
  assert.equal(second.step, 20);
  assert.ok(second.seconds >= first.seconds);
  assert.deepEqual(tensorsOf(cut), tensorsOf(join(folder, "whole")));
  const steps = readFileSync(join(cut, "steps.csv"), "utf8").trim().split("\n");
  assert.deepEqual(
    steps.map((line) => line.split(",")[0]),
    ["step", ...Array.from({ length: 20 }, (_, i) => String(i + 1))],
  );
  assert.equal(readdirSync(join(cut, "tensorboard")).length, 2);
  assert.equal(tf.memory().numTensors, before);
});

test("an evaluation that was cut short is done when the run goes on", async () => {
  const folder = join(scratchFolder(), "run");
  const config = tinyRun({
    training: { totalSteps: 15 },
    evaluation: { every: 10, weights: ["live", "ema"] },
  });
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => {
    if (step === 10) stop.abort();
  };
  const first = await runTraining(config, { folder, signal: stop.signal, onStep });
  assert.deepEqual([first.step, first.evaluations.length], [10, 0]);
  await runTraining(config, { folder, resume: resumable(folder) });
  const rows = readFileSync(join(folder, "evaluations.csv"), "utf8").trim().split("\n").slice(1);
  assert.deepEqual(
    rows.map((row) => row.split(",").filter((_, column) => column === 0 || column === 2)),
    [
      ["10", "live"],
      ["10", "ema"],
      ["15", "live"],
      ["15", "ema"],
    ],
  );
});

test("going on from an older checkpoint makes the later ones anew", async () => {
  const folder = join(scratchFolder(), "run");
  const config = tinyRun({ checkpoints: { every: 5, keep: 9 } });
  await runTraining(config, { folder });
  const whole = tensorsOf(folder);
  // The newest is what a failing disk may leave: an older one helps.
  rmSync(join(folder, "checkpoints", "step-00000020", "checkpoint.json"));
  const resume = resumable(join(folder, "checkpoints", "step-00000010"));
  assert.equal(resume.folder, folder);
  const before = await runTraining(config, { folder, resume, untilStep: 10 });
  assert.equal(before.step, 10);
  assert.deepEqual(readdirSync(join(folder, "checkpoints")).sort(), ["step-00000005", "step-00000010"]);
  await runTraining(config, { folder, resume: resumable(folder) });
  assert.deepEqual(tensorsOf(folder), whole);
});

test("a loss that is NaN ends the run at the step that it came from", async () => {
  const folder = join(scratchFolder(), "run");
  const config = tinyRun({ training: { learningRate: 1e38, warmupSteps: 0 } });
  const told: number[] = [];
  const training = runTraining(config, { folder, onStep: ({ step }) => told.push(step) });
  await assert.rejects(training, (error: Error) => {
    const last = told.at(-1) ?? 0;
    assert.match(error.message, new RegExp(`became NaN at step ${last + 1}: try a lower`));
    return true;
  });
  assert.equal(existsSync(join(folder, "checkpoints")), false, "a broken state was saved");
});

test("a run killed before its first checkpoint starts again", async () => {
  const folder = join(scratchFolder(), "run");
  const config = tinyRun({ training: { totalSteps: 3 } });
  await runTraining(config, { folder });
  const whole = tensorsOf(folder);
  rmSync(join(folder, "checkpoints"), { recursive: true });
  const resume = resumable(folder);
  assert.equal(resume.checkpoint, undefined);
  await runTraining(resume.config, { folder, resume });
  assert.deepEqual(tensorsOf(folder), whole);
});

test("what cannot change in the middle of a run is refused by name, the rest may", async () => {
  const folder = join(scratchFolder(), "run");
  await runTraining(tinyRun({ training: { totalSteps: 2 } }), { folder });
  const changed = (changes: object) => resumable(folder, changes);
  assert.throws(
    () => changed({ model: { n: 2 } }),
    /model\.n is 1 in the run to resume and cannot become 2 now/,
  );
  assert.throws(() => changed({ data: { seed: 2 } }), /data\.seed is 5 in the run to resume/);
  assert.throws(() => changed({ training: { batchSize: 4 } }), /training\.batchSize is 8/);
  const longer = changed({ training: { totalSteps: 4, learningRate: 5e-4 }, checkpoints: { keep: 1 } });
  const result = await runTraining(longer.config, { folder, resume: longer });
  assert.equal(result.step, 4);
  assert.equal(readdirSync(join(folder, "checkpoints")).length, 1);
  assert.equal(resumable(folder).config.training.totalSteps, 4);

  await assert.rejects(runTraining(longer.config, { folder }), /holds a run already: resume it/);
  assert.throws(() => resumable(scratchFolder()), /holds no run to resume: it has no config\.json/);
});

test("a checkpoint whose data was replaced is refused", async () => {
  const scratch = scratchFolder();
  const data = join(scratch, "data");
  const write = (vocabulary: number) => {
    rmSync(data, { recursive: true, force: true });
    const dataset = sudokuDataset(tinyTask.puzzles.train, { box: [2, 2], name: "train" });
    const widened = { ...dataset, vocabSize: vocabulary };
    writeDatasetFolder(data, { train: widened, test: widened });
  };
  write(6);
  const folder = join(scratch, "run");
  const config = tinyRun({
    data: { kind: "folder", paths: [data], epochs: 1 },
    checkpoints: { every: 0 },
    evaluation: { every: 0, limit: 8 },
  });
  const result = await runTraining(config, { folder });
  // One pass over 64 puzzles, 8 at a time.
  assert.deepEqual([result.totalSteps, result.evaluations[0].count], [8, 8]);
  write(7);
  const resume = resumable(folder);
  await assert.rejects(
    runTraining(config, { folder, resume }),
    /step-00000008: model\.vocabSize was 6 when it was saved and is 7 now; has the data been replaced\?/,
  );
});

test("a run can start from the weights of another", async () => {
  const scratch = scratchFolder();
  const config = tinyRun({ training: { totalSteps: 2 } });
  await runTraining(config, { folder: join(scratch, "first") });
  const weights = readWeights(join(scratch, "first"));
  await runTraining(config, { folder: join(scratch, "second"), weights, untilStep: 0 });
  const started = readWeights(join(scratch, "second"), "live");
  assert.equal(started.step, 0);
  assert.deepEqual(started.tensors, weights.tensors);
});

test("Sudoku files are sampled by seed and rating, and generated data has ratings", async () => {
  const scratch = scratchFolder();
  const rated = tinyTask.puzzles.train.map((puzzle, i) => ({ ...puzzle, rating: i }));
  const [train, test] = [join(scratch, "train.csv"), join(scratch, "test.csv")];
  writeFileSync(train, sudokuCsv(rated));
  writeFileSync(test, sudokuCsv(rated.slice(0, 9)));
  const open = (changes: object) =>
    openRunData(tinyRun({ data: { kind: "csv", box: "2x2", train, test, ...changes } }).data);
  const all = await open({});
  assert.equal(all.train[0].puzzleIdentifiers.length, 64);
  assert.deepEqual([...all.ratings!], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const tokens = async (seed: number) => [
    ...Array.from((await open({ subsample: 10, seed })).train[0].inputs.subarray(0, 160)),
  ];
  assert.deepEqual(await tokens(1), await tokens(1));
  assert.notDeepEqual(await tokens(1), await tokens(2));
  const hard = await open({ minRating: 60 });
  assert.equal(hard.train[0].puzzleIdentifiers.length, 4);
  await assert.rejects(open({ subsample: 65 }), /train\.csv has only 64 puzzles, and 65 were asked for/);
  await assert.rejects(open({ minRating: 99 }), /train\.csv has no puzzles with a rating of at least 99/);
  const generated = await openRunData(tinyRun().data);
  assert.equal(generated.ratings!.length, 16);
  const maze = await openRunData(
    tinyRun({ data: { kind: "maze", size: 7, minLength: 5, train: 6, test: 3 } }).data,
  );
  assert.deepEqual([maze.train[0].seqLen, maze.ratings!.length], [49, 3]);
});

test("two processes cannot train into one folder", async () => {
  const folder = join(scratchFolder(), "run");
  const config = tinyRun({ training: { totalSteps: 4 } });
  let second: Promise<unknown> | undefined;
  await runTraining(config, {
    folder,
    onStart: () => {
      second = assert.rejects(
        runTraining(config, { folder }),
        /run is being trained by process \d+ on .* delete .*run\.lock/,
      );
    },
  });
  await second;
  assert.equal(readdirSync(folder).includes("run.lock"), false);
});

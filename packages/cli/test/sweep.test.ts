import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { latestCheckpoint } from "trm-workbench/checkpoints";
import { emptyStore } from "../../workbench/test/experiments/support";
import { scratchFolder } from "../../workbench/test/runs/support";
import { startTrm, trm, trmLines } from "./support";

const hardTest = join(__dirname, "../../../data/sudoku-hard-test.csv");

const tiny = [
  ...["--model.hiddenSize", "16", "--model.layers", "1", "--model.n", "1", "--model.T", "1"],
  ...["--model.supervisionSteps", "2", "--training.batchSize", "8", "--training.warmupSteps", "2"],
  ...["--evaluation.limit", "8", "--threads", "1", "--json"],
];

test("a sweep that cannot work is refused before anything starts", () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "live.yaml"), "preset: sudoku-4x4\nevaluation: { weights: [live] }\n");
  mkdirSync(join(folder, "old/model.n=2,seed=0"), { recursive: true });
  writeFileSync(join(folder, "old/model.n=2,seed=0/config.json"), '{ "data": { "kind": "sudoku" } }');
  const vary = (...values: string[]) => [
    "sweep",
    "sudoku-4x4",
    "--out",
    "s",
    ...values.flatMap((value) => ["--vary", value]),
  ];
  const cases: [line: string[], message: RegExp][] = [
    [["sweep", "sudoku-4x4"], /required option '--out <folder>' not specified/],
    [vary("model.hidenSize=1,2"), /no field model\.hidenSize; did you mean model\.hiddenSize\?/],
    [vary("model.n"), /Write field=value,value/],
    [vary("model.n=2,,3"), /Write field=value,value/],
    [vary("model.mixer=mlp,atention"), /cannot be "atention"; did you mean attention\?/],
    [vary("model.n=2,0"), /model\.n is 0; it must be a whole number of at least 1/],
    [vary("model.n=2", "model.n=3"), /model\.n is varied twice/],
    [vary("training.learningRate=1e-3,0.001"), /two of the varied values give the same run/],
    [vary("training.seed=1,2"), /training\.seed varies by --seeds/],
    [["sweep", "live.yaml", "--out", "s"], /evaluation\.weights must name ema/],
    [
      ["sweep", "sudoku-4x4", "--vary", "model.n=2", "--out", "old"],
      /holds a run with .*: choose another --out/,
    ],
    [["sweep", "sudoku-4x4", "--out", "s", "--jobs", "0"], /whole number of at least 1/],
    [["sweep", "sudoku-4x4", "--out", "s", "--time", "10"], /--time goes with --slurm/],
    [["sweep", "sudoku-4x4", "--out", "s", "--dry-run"], /--dry-run goes with --slurm/],
    [
      ["sweep", "sudoku-4x4", "--out", "s", "--slurm", "--jobs", "2"],
      /--slurm.* cannot be used with .*--jobs/,
    ],
    [
      ["sweep", "sudoku-4x4", "--out", "s", "--slurm", "--time", "1h"],
      /Write minutes, hours:minutes:seconds/,
    ],
    [
      ["sweep", "sudoku-4x4", "--out", "s", "--status", "--slurm"],
      /--status.* cannot be used with .*--slurm/,
    ],
  ];
  for (const [line, message] of [
    [["fewer-layers", "--out", "s"], /--out does not go with fewer-layers, which is an experiment/],
    [["fewer-layers", "--vary", "model.n=1,2"], /--vary does not go with fewer-layers/],
    [
      ["fewer-layers", "--budget", "huge"],
      /'huge' is invalid. Allowed choices are smoke, laptop, desktop, full/,
    ],
    [
      ["sudoku-4x4", "--out", "s", "--fresh"],
      /--fresh does not go with sudoku-4x4, which is not an experiment/,
    ],
    [["fewer-layer", "--out", "s"], /no experiment or preset "fewer-layer"; did you mean fewer-layers\?/],
  ] as const) {
    cases.push([["sweep", ...line], message]);
  }
  const outcomes = trmLines(
    folder,
    cases.map(([line]) => line),
  );
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    assert.match(stderr, cases[i][1]);
    assert.deepEqual([code, stdout], [1, ""], cases[i][0].join(" "));
  });
  assert.equal(existsSync(join(folder, "s")), false);
});

test("a dry run prints the job array of the missing runs, and leaves nothing", () => {
  const folder = scratchFolder();
  const line = ["sweep", "sudoku-4x4", "--out", "it's", "--seeds", "2", "--slurm", "--dry-run"];
  const [plain, full] = trmLines(folder, [
    line,
    [
      ...line,
      "--partition",
      "gpu",
      "--time",
      "1-12",
      "--gpus",
      "a100:1",
      "--array-limit",
      "1",
      "--threads",
      "4",
    ],
  ]);
  assert.deepEqual([plain.code, full.code], [0, 0], plain.stderr + full.stderr);
  const settings = (text: string) => text.match(/(?<=^#SBATCH --).*/gm);
  assert.deepEqual(settings(full.stdout), [
    "job-name=trm-sudoku-4x4",
    "array=0-1%1",
    "partition=gpu",
    "time=1-12",
    "gpus=a100:1",
    "cpus-per-task=4",
    `output="${join(realpathSync(folder), "it's", "slurm", "%A_%a.log")}"`,
    "open-mode=append",
    "signal=B:USR1@120",
    "requeue",
  ]);
  assert.equal(settings(plain.stdout)?.length, 6);
  assert.match(full.stdout, /--device pjrt --threads 4$/m);
  assert.match(plain.stdout, /--device auto --threads \$SLURM_CPUS_ON_NODE$/m);
  // What bash makes of it, with the program left out.
  const script = full.stdout.replace(/^exec .* "\$\{runs/m, 'echo "${runs');
  const bash = spawnSync("bash", { input: script, encoding: "utf8", env: { SLURM_ARRAY_TASK_ID: "1" } });
  assert.equal(
    bash.stdout,
    `${join(realpathSync(folder), "it's", "seed=1")} --device pjrt --threads 4\n`,
    bash.stderr,
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("a run that fails is named with its error, and the others go on", () => {
  const folder = scratchFolder();
  const data = [
    "--model.puzzleEmbSize",
    "0",
    "--model.puzzleEmbLen",
    "0",
    "--data.kind",
    "csv",
    "--data.test",
    hardTest,
    "--data.subsample",
    "16",
  ];
  const line = [
    "sudoku-hard",
    "--out",
    "s",
    "--vary",
    `data.train=nowhere.csv,${hardTest}`,
    ...data,
    ...tiny,
  ];
  const { code, stdout, stderr } = trm(folder, "sweep", ...line, "--training.totalSteps", "3", "--jobs", "2");
  const { failed, variants } = JSON.parse(stdout);
  assert.deepEqual([code, failed], [1, 1], stderr);
  const [[bad], [good]] = variants.map(({ runs }: { runs: unknown[] }) => runs);
  assert.match(bad.error, /nowhere\.csv/);
  assert.match(stderr, /data\.train=nowhere\.csv,seed=0: failed: .*nowhere\.csv/);
  assert.deepEqual([good.step, good.reused], [3, false]);
  assert.equal(variants[0].solved, undefined);
});

test("an interrupted sweep keeps everything, goes on, and reuses what is finished", async () => {
  const folder = scratchFolder();
  const line = ["sweep", "sudoku-4x4", "--out", "s", "--vary", "model.n=1,2", "--jobs", "1", ...tiny];
  line.push("--training.totalSteps", "150", "--checkpoints.every", "5", "--evaluation.every", "0");
  const [first, second] = ["model.n=1,seed=0", "model.n=2,seed=0"].map((name) => join(folder, "s", name));

  const child = startTrm(folder, ...line);
  let stdout = "";
  child.stdout?.on("data", (text) => {
    stdout += text;
  });
  while (!latestCheckpoint(join(first, "checkpoints"))) {
    assert.equal(child.exitCode, null, "it trains");
    await sleep(50);
  }
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  const stopped = JSON.parse(stdout);
  assert.deepEqual([code, stopped.interrupted, stopped.failed], [130, true, 0]);
  assert.equal(existsSync(second), false, "no other run starts");
  assert.equal(existsSync(join(first, "facts.json")), false);
  const stoppedAt = readdirSync(join(first, "checkpoints")).sort().at(-1)!;
  assert.ok(stoppedAt < "step-00000150", stoppedAt);

  const finished = trm(folder, ...line);
  assert.equal(finished.code, 0, finished.stderr);
  const { variants } = JSON.parse(finished.stdout);
  assert.deepEqual(
    variants.map(({ values, steps }: { values: object; steps: number }) => [values, steps]),
    [
      [{ "model.n": 1 }, 150],
      [{ "model.n": 2 }, 150],
    ],
  );
  // Rows of the interrupted part are still there: it went on and did not begin again.
  const rows = readFileSync(join(first, "steps.csv"), "utf8").trim().split("\n");
  assert.equal(rows.length, 151);
  const { solved } = variants[0].runs[0];
  assert.deepEqual(variants[0].solved, { mean: solved, least: solved, most: solved });
  const lastRow = readFileSync(join(first, "evaluations.csv"), "utf8").trim().split("\n").at(-1)!;
  assert.equal(Number(lastRow.split(",")[4]), solved);

  const before = statSync(join(second, "steps.csv")).mtimeMs;
  const again = JSON.parse(trm(folder, ...line).stdout);
  assert.deepEqual(
    again.variants.map(({ runs }: { runs: { reused: boolean }[] }) => runs[0].reused),
    [true, true],
  );
  assert.equal(statSync(join(second, "steps.csv")).mtimeMs, before);
});

test("an experiment of the catalogue trains into the store, with the paper's numbers beside its own", () => {
  const store = emptyStore();
  const line = [
    "sweep",
    "fewer-layers",
    "--budget",
    "smoke",
    "--training.totalSteps",
    "3",
    ...tiny.slice(0, 2),
  ];
  const { code, stdout, stderr } = trm(scratchFolder(), ...line);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /variant .* solved \(ema\) .* paper │ +verdict/);
  assert.match(stdout, /2 layers +│ +1 │ +[\d.]+% │.*│ +3 │.*│ +87\.4% │/);
  const hashes = readdirSync(store).sort();
  assert.ok(hashes.length > 1 && hashes.every((hash) => existsSync(join(store, hash, "facts.json"))));

  const again = trm(scratchFolder(), ...line, "--publish", "--json");
  const { experiment, task, folder, variants } = JSON.parse(again.stdout);
  assert.deepEqual([experiment, task, folder], ["fewer-layers", "4x4 Sudoku", store]);
  assert.match(again.stderr, /^(\d) of \1 runs are stored already$/m);
  assert.ok(variants.every(({ runs }: { runs: { reused: boolean }[] }) => runs[0].reused));
  assert.deepEqual(readdirSync(join(store, "published")).sort(), hashes);

  const [all, nameless, published] = trmLines(scratchFolder(), [
    ["sweep", "--status", ...line.slice(4)],
    ["sweep", ...line.slice(4)],
    ["sweep", "--status", "--publish"],
  ]);
  assert.match(all.stdout, /^fewer-layers, 4x4 Sudoku\n┌[\s\S]*2 layers +│ +1 │ +[\d.]+% │/m, all.stderr);
  assert.match(nameless.stderr, /missing required argument 'name'/);
  assert.match(published.stderr, /--publish needs the name of a sweep/);
});

test("a sweep that is killed leaves no run going on unseen", async () => {
  const folder = scratchFolder();
  const line = ["sweep", "sudoku-4x4", "--out", "s", ...tiny, "--training.totalSteps", "100000"];
  const child = startTrm(folder, ...line);
  const lock = join(folder, "s", "seed=0", "run.lock");
  while (!existsSync(lock)) {
    assert.equal(child.exitCode, null, "it trains");
    await sleep(50);
  }
  child.kill("SIGKILL");
  await once(child, "close");
  const deadline = Date.now() + 120_000;
  while (existsSync(lock) && Date.now() < deadline) await sleep(50);
  assert.equal(existsSync(lock), false, "the run has ended too");
  assert.ok(latestCheckpoint(join(folder, "s", "seed=0", "checkpoints")), "with a checkpoint");
});

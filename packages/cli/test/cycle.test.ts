import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { latestCheckpoint, readCheckpoint } from "trm-workbench/checkpoints";
import { toFloat32 } from "trm-workbench/files";
import { readWeights } from "trm-workbench/official";
import { scratchFolder } from "../../workbench/test/runs/support";
import { startTrm, trm } from "./support";

/** 200 steps of a model so small that each takes some ten milliseconds. */
const tiny = [
  ...["--data.kind", "folder", "--data.paths", "data"],
  ...["--model.hiddenSize", "16", "--model.layers", "1", "--model.n", "1", "--model.supervisionSteps", "4"],
  ...["--training.batchSize", "8", "--training.totalSteps", "200", "--training.warmupSteps", "10"],
  ...["--checkpoints.every", "10", "--evaluation.every", "0.5"],
];

const folder = scratchFolder();

function json(...args: string[]) {
  const { code, stdout, stderr } = trm(folder, ...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test("the whole cycle: build data, train, kill, resume, interrupt, evaluate, export, import", async () => {
  const built = json("data", "sudoku", "--out", "data", "--generate", "2x2", "--train", "60", "--test", "20");
  assert.equal(built.train.groups, 60);

  const train = startTrm(folder, "train", "sudoku-4x4", "--out", "run", ...tiny);
  await untilCheckpoint(join(folder, "run"), 30);
  train.kill("SIGKILL");
  await once(train, "exit");
  const killedAt = stepOf("run");
  assert.ok(killedAt >= 30 && killedAt < 200, `killed at ${killedAt}`);

  const resumed = startTrm(folder, "train", "--resume", "run", "--json");
  let stdout = "";
  resumed.stdout?.on("data", (text) => {
    stdout += text;
  });
  await untilCheckpoint(join(folder, "run"), killedAt + 20);
  resumed.kill("SIGINT");
  const [code] = await once(resumed, "exit");
  const stopped = JSON.parse(stdout);
  assert.deepEqual([code, stopped.interrupted], [130, true]);
  assert.equal(stepOf("run"), stopped.step);

  const finished = json("train", "--resume", "run");
  assert.deepEqual([finished.step, finished.interrupted], [200, false]);
  assert.equal(json("train", "sudoku-4x4", "--out", "whole", ...tiny).step, 200);
  assert.deepEqual(tensorsOf("run"), tensorsOf("whole"));

  const evaluation = json("eval", "run");
  assert.deepEqual([evaluation.count, evaluation.bySteps.length], [20, 4]);
  assert.equal(evaluation.cells, finished.evaluations.at(-1).cells);

  assert.deepEqual(json("convert", "run", "models/mine", "--to", "model").files, ["models/mine"]);
  const again = trm(folder, "convert", "run", "models/mine", "--to", "model");
  assert.match(again.stderr, /models\/mine exists/);
  assert.equal(json("eval", "models/mine").cells, evaluation.cells);
  assert.equal(json("eval", "run", "--supervision-steps", "6", "--data", "data").bySteps.length, 6);

  const solved = json("solve", "run", "1....2..3....4..", "--supervision-steps", "2");
  assert.deepEqual([solved.steps.length, solved.answer.length], [2, 16]);

  const alone = json("eval", "run", "--chains", "1", "--choose", "last");
  const solvedBySteps = ({ bySteps }: { bySteps: { solved: number }[] }) =>
    bySteps.map(({ solved }) => solved);
  assert.deepEqual(solvedBySteps(alone), solvedBySteps(evaluation));
  // Shares of cells are summed in float32 on the device, and in double precision here.
  assert.ok(Math.abs(alone.cells - evaluation.cells) < 1e-6);
  const options = ["--chains", "3", "--noise", "0.3", "--symmetries", "2"];
  const voted = json("eval", "run", ...options, "--choose", "vote", "--until-halt");
  assert.deepEqual([voted.method, voted.chains, voted.score.count], ["vote", 3, 20]);
  assert.ok(voted.score.spent <= 12 && voted.score.oracle >= voted.solved);
  const chosen = json("solve", "run", "1....2..3....4..", ...options).chosen;
  assert.deepEqual([chosen.method, chosen.chains, chosen.spent, chosen.answered], ["best-q", 3, 12, true]);

  const exported = json("convert", "run", "best.pt");
  assert.deepEqual(exported.files, ["best.pt", "best.yaml"]);
  json("convert", "best.pt", "best.safetensors");
  const original = readWeights(join(folder, "run")).tensors;
  for (const name of ["best.pt", "best.safetensors"]) {
    assert.deepEqual(readWeights(join(folder, name)).tensors, original, name);
  }
  const imported = json("eval", "best.pt", "--data", "data");
  assert.deepEqual([imported.cells, imported.solved], [evaluation.cells, evaluation.solved]);

  json("convert", "best.pt", "again", "--to", "run", "--config", "run/config.json");
  assert.deepEqual(readWeights(join(folder, "again"), "live").tensors, original);
  const told = trm(folder, "info", "again");
  assert.match(told.stdout, /step {8}0/);
});

const python = process.env.TRM_TORCH_PYTHON ?? "";
const withTorch = { skip: existsSync(python) ? false : "set TRM_TORCH_PYTHON to a Python that has PyTorch" };

test("PyTorch loads what was exported, number for number", withTorch, () => {
  const program = `
import sys, json, torch
state = torch.load(sys.argv[1], weights_only=True)
print(json.dumps({name: [list(t.shape), str(t.dtype), t.float().flatten().tolist()] for name, t in state.items()}))`;
  const { stdout, stderr, status } = spawnSync(python, ["-c", program, join(folder, "best.pt")], {
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  assert.equal(status, 0, stderr);
  const loaded = Object.entries(JSON.parse(stdout));
  const { tensors } = readWeights(join(folder, "best.pt"));
  assert.deepEqual(
    loaded,
    Object.entries(tensors).map(([name, tensor]) => [
      `_orig_mod.model.${name}`,
      [tensor.shape, "torch.float32", Array.from(toFloat32(tensor))],
    ]),
  );
});

/** Waits until a run has saved a checkpoint of at least this step. */
async function untilCheckpoint(run: string, step: number): Promise<void> {
  const folder = join(run, "checkpoints");
  const enough = () =>
    existsSync(folder) && readdirSync(folder).some((name) => Number(name.slice(5)) >= step);
  for (let waited = 0; !enough(); waited += 20) {
    assert.ok(waited < 120_000, `no checkpoint of step ${step} in two minutes`);
    await sleep(20);
  }
}

function stepOf(run: string): number {
  return readCheckpoint(latestCheckpoint(join(folder, run, "checkpoints"))!).step;
}

function tensorsOf(run: string) {
  const metrics = readFileSync(join(folder, run, "steps.csv"), "utf8")
    .trim()
    .split("\n");
  assert.equal(metrics.length, 201, "a header and a row for each step");
  return readCheckpoint(latestCheckpoint(join(folder, run, "checkpoints"))!).tensors();
}

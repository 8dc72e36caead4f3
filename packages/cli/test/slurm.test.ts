import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startEngine } from "tfjs-compile";
import { latestCheckpoint } from "trm-workbench/checkpoints";
import { resumable, runTraining } from "trm-workbench/runs";
import { rowsOf, tensorsOf } from "../../workbench/test/experiments/support";
import { scratchFolder } from "../../workbench/test/runs/support";
import { noCluster, startCluster, until } from "./slurm-cluster";

/** As set-up builds it, since every task loads it. */
const main = join(__dirname, "../dist/main.js");
const STEPS = 150;
const sweep = [
  ...["sweep", "sudoku-4x4", "--out", "s", "--vary", "model.n=1,2", "--seeds", "3", "--threads", "1"],
  ...["--model.hiddenSize", "16", "--model.layers", "1", "--model.T", "1", "--model.supervisionSteps", "2"],
  ...["--training.batchSize", "8", "--training.warmupSteps", "2", "--training.totalSteps", `${STEPS}`],
  ...["--evaluation.limit", "8", "--checkpoints.every", "5", "--device", "tensorflow", "--json"],
];

interface RunRow {
  readonly seed: number;
  readonly folder: string;
  readonly state?: string;
  readonly job?: string;
  readonly step: number;
}

/** Lets a process that is held go on once a signal waits for it. Slurm may have done so itself, and the process may be gone. */
function continueWith(pid: number, signal: number): void {
  let status = "";
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return;
  }
  const [, mask] = /^ShdPnd:\s+([0-9a-f]+)$/m.exec(status)!;
  if ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) process.kill(pid, "SIGCONT");
}

test("a sweep on Slurm survives killed tasks, lost nodes and a cancelled job, bit for bit", {
  skip: noCluster() ?? false,
}, async () => {
  const folder = scratchFolder();
  const cluster = await startCluster(["n1", "n2"]);
  try {
    const { run } = cluster;
    const swept = (option: string): RunRow[] => {
      const { env } = cluster;
      const line = [main, ...sweep, option];
      const { status, stdout, stderr } = spawnSync(process.execPath, line, {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
      const { variants } = JSON.parse(stdout) as { variants: { runs: RunRow[] }[] };
      // Seed by seed, as the tasks are.
      return variants[0].runs.flatMap((_, i) => variants.map(({ runs }) => runs[i]));
    };
    const at = ({ folder: name }: RunRow, ...names: string[]) => join(folder, name, ...names);
    const owner = (row: RunRow) => {
      const lock = at(row, "run.lock");
      const [pid, host] = (existsSync(lock) ? readFileSync(lock, "utf8") : "").split(" ");
      return { pid: Number(pid), host };
    };
    /** Holds a task in the middle of its training, however long the commands take that follow. */
    const held = (row: RunRow) => {
      const { pid, host } = owner(row);
      if (!host || !latestCheckpoint(at(row, "checkpoints"))) return false;
      process.kill(pid, "SIGSTOP");
      return true;
    };
    const isDone = (row: RunRow) => existsSync(at(row, "facts.json"));
    const queue = () => run("squeue", "-h", "-r", "-o", "%i %T %N").trim();
    const log = (row: RunRow) => readFileSync(join(folder, "s", "slurm", `${row.job}.log`), "utf8");

    const runs = swept("--slurm");
    assert.deepEqual(
      runs.map(({ job }) => job?.split("_")[1]),
      ["0", "1", "2", "3", "4", "5"],
    );
    const [killed, signalled, next] = runs;

    // One task is killed: Slurm does not start it again.
    await Promise.all([
      until("the first task trains", () => held(killed), 30),
      until("the second task trains", () => held(signalled), 30),
    ]);
    process.kill(owner(killed).pid, "SIGKILL");
    // One node is drained. The time of its task ends in two to three minutes: it goes back into the queue.
    const { pid, host: drained } = owner(signalled);
    run("scontrol", "update", `NodeName=${drained}`, "State=DRAIN", "Reason=test");
    const minutes = Number(run("squeue", "-h", "-j", signalled.job!, "-o", "%M").split(":").at(-2));
    const setTime = (limit: number) =>
      run("scontrol", "update", `JobId=${signalled.job}`, `TimeLimit=${limit}`);
    setTime(minutes + 3);
    await Promise.all([
      until("the third task trains", () => held(next), 30),
      until("Slurm gives notice and the second task stops", () => {
        continueWith(pid, constants.signals.SIGUSR1);
        return /back in the queue/.test(log(signalled));
      }),
    ]);
    setTime(60);
    await until("the node is empty", () => run("sinfo", "-h", "-n", drained, "-o", "%T") === "drained\n");
    assert.equal(isDone(signalled), false);
    assert.notEqual(owner(next).host, drained);

    // A second sweep shares the runs, and submits the one that was lost.
    await until("the killed task has left", () => !queue().includes(`${killed.job} `));
    const again = swept("--slurm");
    assert.notEqual(again[0].job, killed.job);
    assert.deepEqual(
      again.slice(1).map(({ job }) => job),
      runs.slice(1).map(({ job }) => job),
    );

    // A node is lost with all that runs on it, and leaves a lock.
    run("scontrol", "update", `NodeName=${drained}`, "State=RESUME");
    const isOnNode = (row: RunRow) => owner(row).host === drained;
    await until("a task trains on that node", () => runs.some((row) => isOnNode(row) && held(row)), 30);
    const lost = runs.find(isOnNode)!;
    cluster.loseNode(drained);
    run("scontrol", "update", `NodeName=${drained}`, "State=DOWN", "Reason=test");
    assert.ok(isOnNode(lost), "its lock is there");
    process.kill(owner(next).pid, "SIGCONT");

    // All is cancelled, and submitted again.
    await until("a run is done", () => runs.some(isDone));
    run("scancel", ...new Set([...runs, again[0]].map(({ job }) => job!.split("_")[0])));
    await until("the queue is empty", () => queue() === "");
    const stopped = swept("--status").filter((row) => row.state !== undefined);
    assert.ok(stopped.length > 0);
    assert.ok(
      stopped.every(({ state }) => state === "stopped"),
      JSON.stringify(stopped),
    );

    const last = swept("--slurm");
    await until("the queue is empty", () => queue() === "");
    assert.ok(swept("--status").every(({ step }) => step === STEPS) && runs.every(isDone), log(last[0]));

    // Each run, however often it was disturbed, is the one that it is alone.
    await startEngine({ backend: "tensorflow", threads: 1 });
    for (const row of runs) {
      const alone = join(folder, "alone", row.folder);
      mkdirSync(alone, { recursive: true });
      await runTraining(resumable(at(row)).config, { folder: alone });
      assert.deepEqual(tensorsOf(at(row)), tensorsOf(alone), row.folder);
      for (const table of ["steps", "evaluations"] as const) {
        assert.deepEqual(rowsOf(at(row), table), rowsOf(alone, table), row.folder);
      }
    }
    const leftovers = runs.flatMap((row) => readdirSync(at(row)).filter((name) => /lock|tmp/.test(name)));
    assert.deepEqual(leftovers, []);
  } catch (error) {
    console.error(cluster.logs());
    throw error;
  } finally {
    await cluster.stop();
  }
});

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import { findPlugin } from "../../../engine/src/pjrt/plugins";
import { needsPlugin } from "../../../engine/test/pjrt";
import { scratchFolder } from "../../../workbench/test/runs/support";

const root = join(__dirname, "..", "..", "..", "..");

/** The program behind the name of a Python, which may be a script. */
function pythonOf(name: string): string | undefined {
  const { stdout, status } = spawnSync(name, ["-c", "import sys; print(sys.executable)"], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : undefined;
}
const python = ["python3", join(root, ".venv", "bin", "python")].map(pythonOf).find(Boolean);
const reason =
  needsPlugin.skip ||
  (process.platform !== "linux" || process.arch !== "x64" ? "the kit is for Linux on x86-64" : false) ||
  (python === undefined && "there is no Python here");

describe("the kit for a rented GPU", { skip: reason }, () => {
  const folder = scratchFolder();
  const kit = join(folder, "kit");
  before(async () => {
    const pack = [join(root, "scripts", "accelerator-pack.mjs"), kit, "--node", process.execPath, "--plain"];
    await promisify(execFile)(process.execPath, [...pack, "--cases", "trm_one_layer_cosine"]);
  });

  /** Everything so small that starting processes and compiling is all that takes time. */
  const small = [
    ...["--batch-sizes", "2", "--steps", "1", "--evaluation.limit", "4", "--evaluation.every", "2"],
    ...["--model.hiddenSize", "16", "--model.puzzleEmbSize", "16", "--model.n", "1", "--model.T", "1"],
    ...["--model.supervisionSteps", "2", "--training.totalSteps", "2", "--training.batchSize", "2"],
  ];

  function run(work: string, ...args: readonly string[]) {
    const bin = join(folder, "bin");
    const empty = join(folder, "empty");
    if (!existsSync(bin)) {
      for (const made of [bin, empty]) mkdirSync(made);
      symlinkSync(python!, join(bin, "python3"));
    }
    const { status, stdout, stderr } = spawnSync(
      python!,
      [join(kit, "run.py"), "--work", join(folder, work), ...args, "--", ...small],
      {
        cwd: empty,
        encoding: "utf8",
        env: {
          PATH: bin,
          HOME: empty,
          PYTHONPATH: dirname(dirname(findPlugin())),
          XLA_FLAGS: "--xla_backend_optimization_level=0",
        },
      },
    );
    return { status, text: stdout + stderr };
  }

  test("without time it begins nothing and says that something is left", () => {
    const { status, text } = run("elsewhere", "--minutes", "0.05", "--out", join(folder, "none"));
    assert.equal(status, 130, text);
    assert.match(text, /Not everything is done: the same command goes on/);
    assert.doesNotMatch(text, /repeating|measuring/);
  });

  test("repeats the official runs, measures and trains, from an empty folder with only Python on the PATH", () => {
    const out = join(folder, "out");
    const { status, text } = run("work", "--minutes", "30", "--out", out);
    assert.equal(status, 0, text);
    assert.match(text, /unpacking[\s\S]*plugin .*\.so\n[\s\S]*1 of 1 official runs agree/);
    const { measurements, training } = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
    assert.deepEqual(
      measurements.map(({ mixer, ours }: { mixer: string; ours: { loss: number } }) => [
        mixer,
        ours.loss > 0,
      ]),
      [
        ["mlp", true],
        ["attention", true],
      ],
    );
    assert.equal(training.step, 2);
    assert.match(readFileSync(join(out, "report.md"), "utf8"), /Checkpoint of step 2 in 1 pieces/);
    assert.ok(readdirSync(out).length <= 8, "the device tool brings no more files back");
  });

  test("goes on, on another machine, from the files that came back", () => {
    const out = join(folder, "out");
    const file = join(out, "report.json");
    const { training: _, ...measured } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify(measured));
    const { status, text } = run("elsewhere", "--from", out, "--out", join(folder, "later"));
    assert.equal(status, 0, text);
    assert.match(text, /going on from the checkpoint in pieces/);
    assert.doesNotMatch(text, /measuring|repeating/);
    assert.equal(JSON.parse(readFileSync(join(folder, "later", "report.json"), "utf8")).training.step, 2);
  });
});

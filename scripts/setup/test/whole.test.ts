import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NOWHERE, type Outcome, setUp, smallProject, start } from "./support";

const COMPILER = "C compiler, as this machine has none (ziglang, 100 MB)";
const THERE_ALREADY = /everything is there already/;

const steps = ({ output }: Outcome) =>
  output
    .split("\n")
    .flatMap((line) => (line.includes(" … ") ? [line.slice("set-up: ".length, line.indexOf(" … "))] : []));

/** One project that goes through what happens to projects; each test leaves it whole. */
describe("set-up", () => {
  let root: string;
  const file = (path: string) => join(root, path);
  before(() => {
    root = smallProject();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it("runs once when started twice at a time", async () => {
    const both = await Promise.all([setUp(root), setUp(root)]);
    for (const { status, output } of both) assert.equal(status, 0, output);
    const [worked, waited] = both.sort((a, b) => steps(b).length - steps(a).length);
    assert.deepEqual(steps(worked), [
      "npm packages",
      "Python environment .venv",
      "Python packages (requirements.lock)",
      "TypeScript kernel for Jupyter",
      "building lib",
      "building packages/workbench",
    ]);
    assert.deepEqual(steps(waited), []);
    assert.match(waited.output, /another set-up \(process \d+\) is at work here; waiting for it/);
    assert.ok(!existsSync(file(".cache/setup.lock")));
    assert.ok(existsSync(file("lib/dist/index.js")));
  });

  it("takes under 2 s when there is nothing to do", async () => {
    const { status, output, seconds } = await setUp(root);
    assert.equal(status, 0);
    assert.match(output, THERE_ALREADY);
    assert.ok(seconds < 2, `${seconds} s`);
  });

  it("starts the kernel with its own Node and the project's tslab", () => {
    const spec = JSON.parse(readFileSync(file(".venv/share/jupyter/kernels/tslab/kernel.json"), "utf8"));
    assert.equal(spec.argv[0], process.execPath);
    assert.equal(spec.argv[1], file("packages/workbench/dist/notebook/kernel.js"));
  });

  it("builds again when a source changes, and drops what has no source", async () => {
    writeFileSync(file("lib/src/more.ts"), "export const more = 1;\n");
    assert.deepEqual(steps(await setUp(root)), ["building lib", "building packages/workbench"]);
    assert.ok(existsSync(file("lib/dist/more.js")));
    rmSync(file("lib/src/more.ts"));
    assert.deepEqual(steps(await setUp(root)), ["building lib", "building packages/workbench"]);
    assert.ok(!existsSync(file("lib/dist/more.js")));
  });

  it("names the first type error and keeps the last good build", async () => {
    writeFileSync(file("lib/src/broken.ts"), 'export const broken: number = "text";\n');
    const { status, told } = await setUp(root);
    assert.equal(status, 1);
    assert.equal(told.length, 1);
    assert.match(told[0], /The project does not compile: lib\/src\/broken\.ts\(1,14\): error TS2322/);
    assert.ok(existsSync(file("lib/dist/index.js")));
    rmSync(file("lib/src/broken.ts"));
    assert.match((await setUp(root)).output, THERE_ALREADY);
  });

  it("keeps the last good build of every package when a later one does not compile", async () => {
    const before = readFileSync(file("lib/dist/index.js"), "utf8");
    writeFileSync(file("lib/src/index.ts"), 'export const answer = "forty-two";\n');
    const { status, told } = await setUp(root);
    assert.equal(status, 1);
    assert.match(told[0], /packages\/workbench\/src\/index\.ts\(3,14\): error TS2322/);
    assert.equal(readFileSync(file("lib/dist/index.js"), "utf8"), before);
    writeFileSync(file("lib/src/index.ts"), "export const answer: number = 42;\n");
    assert.match((await setUp(root)).output, THERE_ALREADY);
  });

  it("recovers from a set-up that was killed half-way", async () => {
    rmSync(file(".venv/bin"), { recursive: true });
    writeFileSync(file(".venv/left-over"), "");
    const first = start(root, ["setup"]);
    while (!existsSync(file(".venv/pyvenv.cfg")) || existsSync(file(".venv/left-over"))) await sleep(20);
    first.kill("SIGKILL");
    await first.ended;
    const lock = readFileSync(file(".cache/setup.lock"), "utf8");
    assert.match(lock, new RegExp(`^\\d+ ${hostname()} `), "a killed process cannot tidy its lock away");
    const { status, output } = await setUp(root);
    assert.equal(status, 0, output);
    assert.ok(existsSync(file(".venv/bin/pip")));
    assert.match((await setUp(root)).output, THERE_ALREADY);
  });

  it("tidies its lock away on Ctrl-C", async () => {
    rmSync(file(".venv"), { recursive: true });
    const first = start(root, ["setup"]);
    while (!existsSync(file(".venv/pyvenv.cfg"))) await sleep(20);
    first.kill("SIGINT");
    assert.equal((await first.ended).status, 130);
    assert.ok(!existsSync(file(".cache/setup.lock")));
  });

  it("takes a lock over whose holder, on another machine, gave no sign for a minute", async () => {
    writeFileSync(file(".cache/setup.lock"), `1 another-machine ${Date.now()}\n`);
    const twoMinutesAgo = new Date(Date.now() - 120_000);
    utimesSync(file(".cache/setup.lock"), twoMinutesAgo, twoMinutesAgo);
    const { status, output } = await setUp(root);
    assert.equal(status, 0, output);
    assert.ok(!existsSync(file(".cache/setup.lock")));
  });

  it("makes the environment anew in a moved project, and keeps the chosen device", async () => {
    assert.deepEqual(steps(await start(root, ["setup", "--gpu"]).ended), [
      "Python environment .venv",
      "Python packages (requirements-gpu.lock)",
      "TypeScript kernel for Jupyter",
    ]);
    assert.match((await setUp(root)).output, THERE_ALREADY);
    const moved = `${root}-moved`;
    renameSync(root, moved);
    root = moved;
    assert.ok(steps(await setUp(root)).includes("Python packages (requirements-gpu.lock)"));
    const pip = readFileSync(file(".venv/bin/pip"), "utf8").split("\n")[0];
    assert.ok(pip.includes(moved), `${pip} starts the Python of the old place`);
  });

  it("installs a C compiler where none works, and goes on when it cannot", async () => {
    const without = {
      CC: "/bin/false",
      PIP_CONFIG_FILE: "/dev/null",
      PIP_FIND_LINKS: "",
      PIP_INDEX_URL: NOWHERE,
    };
    rmSync(file(".venv"), { recursive: true });
    const installed = await setUp(root, without);
    assert.ok(steps(installed).includes(COMPILER), installed.output);
    assert.doesNotMatch(installed.output, /no C compiler could be installed/);
    rmSync(file(".venv"), { recursive: true });
    writeFileSync(
      file("python/requirements-compiler.txt"),
      `ziglang==0.17.1 --hash=sha256:${"0".repeat(64)}\n`,
    );
    const failed = await setUp(root, { ...without, PIP_RETRIES: "0" });
    assert.equal(failed.status, 0, failed.output);
    assert.match(failed.output, /no C compiler could be installed: TensorFlow runs compiled functions/);
    assert.match((await setUp(root)).output, THERE_ALREADY);
  });
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { NOWHERE, type Outcome, onlyOnPath, setUp, smallProject, start } from "./support";

/** NODE_OPTIONS under which a script believes to run on another Node. */
function asNode(root: string, version: string) {
  const file = join(root, "as-node.mjs");
  writeFileSync(file, `Object.defineProperty(process.versions, "node", { value: "${version}" });`);
  return `--import=${file}`;
}

/** What set-up asks a Python for, answered by a Python that this machine need not have. */
const fakePython = (version: number[], whole: boolean) =>
  `echo '${JSON.stringify(["/opt/a python/bin/python3", version, whole])}'`;

function saysOnce({ status, told }: Outcome, sentence: RegExp) {
  assert.equal(status, 1);
  assert.equal(told.length, 1, `one line, got: ${told.join("\n")}`);
  assert.match(told[0], sentence);
}

describe("set-up tells in one sentence what is missing", () => {
  let root: string;
  before(() => {
    root = smallProject();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  for (const command of ["setup", "test", "lab", "reproduce", "trm"]) {
    it(`an old Node, at npm run ${command}`, async () => {
      const outcome = await start(root, [command], { NODE_OPTIONS: asNode(root, "18.20.8") }).ended;
      saysOnce(outcome, /^set-up: Node 20\.19 or newer is needed and this is 18\.20\.8: install a newer one/);
    });
  }

  it("no Python", async () => {
    saysOnce(
      await setUp(root, { PATH: onlyOnPath(root) }),
      /Python 3\.10 or newer is needed .* none was found: install one/,
    );
  });

  it("an old Python", async () => {
    const path = onlyOnPath(root, { python3: fakePython([3, 8, 10], true) });
    saysOnce(
      await setUp(root, { PATH: path }),
      /only older ones were found \(python3 is 3\.8\.10\): install one/,
    );
  });

  it("a Python without venv", async () => {
    const path = onlyOnPath(root, { python3: fakePython([3, 12, 3], false) });
    saysOnce(
      await setUp(root, { PATH: path }),
      /\/opt\/a python\/bin\/python3 lacks Python's venv .* python3\.12-venv/,
    );
  });

  it("a TRM_SETUP_PYTHON that is none", async () => {
    saysOnce(
      await setUp(root, { TRM_SETUP_PYTHON: "/no/such/python" }),
      /TRM_SETUP_PYTHON=\/no\/such\/python does not run: set it/,
    );
  });

  it("too little disk space", async () => {
    saysOnce(
      await setUp(root, { TRM_MIN_FREE_GB: "1e9" }),
      /Not enough disk space: 1000000000\.0 GB are needed in .* free/,
    );
  });

  it("an unknown option", async () => {
    saysOnce(await start(root, ["setup", "--tpu"]).ended, /--tpu.*: use --gpu, --cpu or neither/);
  });
});

describe("set-up tells in one sentence what stopped it", () => {
  let root: string;
  before(() => {
    root = smallProject();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it("no network for npm", async () => {
    const dependencies = { "is-number": "7.0.0" };
    const packages = { "": { name: "small", dependencies }, "node_modules/is-number": { version: "7.0.0" } };
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "small", dependencies }));
    writeFileSync(
      join(root, "package-lock.json"),
      JSON.stringify({ name: "small", lockfileVersion: 3, packages }),
    );
    const outcome = await setUp(root, {
      npm_config_registry: NOWHERE,
      npm_config_cache: join(root, "empty-npm-cache"),
      npm_config_fetch_retries: "0",
    });
    saysLast(outcome, /No network: .* npm packages; connect, or see "Offline" in environment\.md/);
  });

  it("no network for pip", async () => {
    installedByHand(root);
    writeFileSync(join(root, "python/requirements.lock"), "is-number==7.0.0\n");
    const outcome = await setUp(root, {
      PIP_INDEX_URL: NOWHERE,
      PIP_CACHE_DIR: join(root, "empty-pip-cache"),
      PIP_RETRIES: "1",
    });
    saysLast(outcome, /No network: .* Python packages \(requirements\.lock\); connect/);
  });

  it("a disk that fills up on the way", async (t) => {
    const disk = join(root, "tiny-disk");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      t.skip("only root may mount a disk of 12 MB");
      return;
    }
    try {
      const full = smallProject(disk);
      installedByHand(full);
      saysLast(await setUp(full, { TRM_MIN_FREE_GB: "0" }), /The disk is full: free some space/);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

/** The steps before a failed one have their lines; after them comes one sentence. */
function saysLast({ status, output }: Outcome, sentence: RegExp) {
  assert.equal(status, 1);
  const lines = output.trim().split("\n");
  const steps = lines.filter((line) => line.includes(" … ")).length;
  assert.equal(lines.filter((line) => sentence.test(line)).length, 1, output);
  // One line besides names the Node and the Python in use.
  assert.ok(lines.length <= steps + 2, output);
}

/** npm's own record of an installation that has all that the lock file asks for. */
function installedByHand(root: string) {
  const lock = JSON.stringify({ name: "small", lockfileVersion: 3, packages: { "": { name: "small" } } });
  writeFileSync(join(root, "package-lock.json"), lock);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules/.package-lock.json"), lock);
}

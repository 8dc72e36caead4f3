import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainFailure, explainSystemError } from "../../../scripts/setup/explain.mjs";
import { nodeProblem } from "../../../scripts/setup/node-version.mjs";
import { installedMatches } from "../../../scripts/setup/npm.mjs";

const PLENTY = 100;
const explain = (output: string, freeGb = PLENTY) =>
  explainFailure("npm packages", output, 1, "the.log", freeGb);

describe("the supported Nodes and systems", () => {
  it("are Node 20.19 and newer", () => {
    for (const version of ["20.19.0", "20.20.2", "22.0.0", "24.21.0", "26.10.0"]) {
      assert.equal(nodeProblem(version, "linux"), null, version);
    }
    for (const version of ["8.17.0", "18.20.8", "20.9.0", "20.18.3"]) {
      assert.match(nodeProblem(version, "darwin") ?? "", /Node 20\.19 or newer is needed/, version);
    }
  });
  it("are Linux and macOS; on Windows the sentence points to WSL", () => {
    assert.match(nodeProblem("24.0.0", "win32") ?? "", /WSL 2/);
  });
});

describe("an npm installation", () => {
  const wanted = {
    "": { version: "1.0.0" },
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/only-on-a-mac": { version: "1.0.0", integrity: "sha512-b", optional: true },
    "node_modules/trm": { link: true },
  };
  const installed = { "node_modules/a": wanted["node_modules/a"], "node_modules/trm": { link: true } };

  it("is whole without the builds for other systems", () => assert.ok(installedMatches(wanted, installed)));
  it("is stale when a package is missing", () =>
    assert.ok(!installedMatches(wanted, { "node_modules/trm": { link: true } })));
  it("is stale when a version differs", () =>
    assert.ok(
      !installedMatches(wanted, {
        ...installed,
        "node_modules/a": { version: "1.0.1", integrity: "sha512-a" },
      }),
    ));
  it("is stale when the content differs", () =>
    assert.ok(
      !installedMatches(wanted, {
        ...installed,
        "node_modules/a": { version: "1.0.0", integrity: "sha512-c" },
      }),
    ));
});

describe("what a failed step is put down to", () => {
  it("the network, from npm's words", () =>
    assert.match(explain("npm error code EAI_AGAIN\nnpm error syscall getaddrinfo"), /^No network/));
  it("the disk, from npm's words", () =>
    assert.match(explain("npm error code ENOSPC\nnpm error ECONNRESET"), /^The disk is full/));
  it("the disk, when none is left and the program does not say so", () =>
    assert.match(
      explain("Error: Command '[python, -m, ensurepip]' returned non-zero exit status 1.", 0),
      /^The disk is full/,
    ));
  it("the Python, when the index has other builds, even after a lost connection", () =>
    assert.match(
      explain(
        "WARNING: Retrying after connection broken by 'NewConnectionError('\n" +
          "ERROR: Could not find a version that satisfies the requirement x==2.0 (from versions: 1.0, 1.1)\n" +
          "ERROR: No matching distribution found for x==2.0",
      ),
      /^The Python package index has no build of x==2\.0 for this Python/,
    ));
  it("else its last words and the log", () =>
    assert.equal(
      explain("first\nnpm error missing: a@1\n\n"),
      'The step "npm packages" failed (1) with "npm error missing: a@1": the whole output is in the.log.',
    ));
  it("a folder of somebody else's", () => {
    const sentence = explainSystemError(Object.assign(new Error(), { code: "EACCES", path: "/p/.cache" }));
    assert.match(sentence ?? "", /^\/p\/\.cache cannot be written \(EACCES\)/);
    assert.equal(explainSystemError(new TypeError("a bug stays a bug")), null);
  });
});

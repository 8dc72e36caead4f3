import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { lastSlot, versionSlot } from "../src/pjrt/abi";
import { checkVersion } from "../src/pjrt/library";
import { findPlugin } from "../src/pjrt/plugins";
import { variableOf } from "../src/settings";
import { runInChild } from "./child";
import { needsPlugin } from "./pjrt";

const folder = mkdtempSync(join(tmpdir(), "pjrt-plugins-"));
after(() => rmSync(folder, { recursive: true }));

const pluginVariable = variableOf("pjrtPlugin");
const given = process.env[pluginVariable];
beforeEach(() => {
  delete process.env[pluginVariable];
});
after(() => {
  if (given !== undefined) process.env[pluginVariable] = given;
});

/** A site-packages folder with empty files at these places. */
function sitePackages(name: string, ...files: string[]): string {
  for (const file of files) {
    const path = join(folder, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
  }
  return join(folder, name);
}

describe("finding a plugin", () => {
  const cpu = "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so";
  const cuda12 = "jax_plugins/xla_cuda12/xla_cuda_plugin.so";
  const cuda13 = "jax_plugins/xla_cuda13/xla_cuda_plugin.so";

  test("an accelerator comes before the CPU, and the newest CUDA before older ones", () => {
    const all = sitePackages("all", cpu, cuda12, cuda13, "libtpu/libtpu.so");
    assert.equal(findPlugin(undefined, [all]), join(all, cuda13));
    const only = sitePackages("cpu", cpu);
    assert.equal(findPlugin(undefined, [sitePackages("none", "numpy/x"), only]), join(only, cpu));
  });

  test("an option comes before the environment variable, and that before packages", () => {
    const all = sitePackages("order", cpu, cuda12);
    const mine = join(sitePackages("mine", "a.so", "b.so"), "a.so");
    process.env[pluginVariable] = join(folder, "mine", "b.so");
    assert.equal(findPlugin(mine, [all]), mine);
    assert.equal(findPlugin(undefined, [all]), join(folder, "mine", "b.so"));
  });

  test("a named file that is not there is an error, not a reason to take another one", () => {
    const all = sitePackages("typo", cpu);
    process.env[pluginVariable] = join(folder, "nowhere.so");
    assert.throws(
      () => findPlugin(undefined, [all]),
      /\$TFJS_COMPILE_PJRT_PLUGIN is .*nowhere\.so, but there is no such file/,
    );
    assert.throws(() => findPlugin("/also/nowhere.so", [all]), /given PJRT plugin is \/also\/nowhere\.so/);
  });

  test("without a plugin, the error says which package is for which device", () => {
    assert.throws(
      () => findPlugin(undefined, []),
      /jax-cuda13-plugin\[with-cuda\] {2}for NVIDIA GPUs[\s\S]*lammps-jax-pjrt-cpu {2}for the CPU/,
    );
  });
});

describe("the version of a plugin", () => {
  const table = (major: number, minor: number, slots = lastSlot + 1) => {
    const made = new BigUint64Array(slots);
    made[versionSlot] = BigInt(major) | (BigInt(minor) << 32n);
    return made;
  };

  test("any 0.x that has the functions is taken", () => {
    assert.deepEqual(checkVersion("p.so", table(0, 200, 300)), { major: 0, minor: 200 });
  });

  test("another major version is too new", () => {
    assert.throws(
      () => checkVersion("p.so", table(1, 0)),
      /p\.so speaks PJRT 1\.0; this library speaks 0\.x/,
    );
  });

  test("a table without functions that are needed is too old", () => {
    assert.throws(() => checkVersion("p.so", table(0, 20, 80)), /p\.so speaks PJRT 0\.20, which is too old/);
  });
});

describe("the environment variable TFJS_COMPILE_BACKEND", () => {
  const start = (device: string) =>
    runInChild(
      "await engine.startEngine().then((i) => console.log(i.backend), (e) => console.log(e.message));",
      {
        TFJS_COMPILE_BACKEND: device,
        ...(given !== undefined && { [pluginVariable]: given }),
      },
    ).stdout;

  test("chooses what computes", needsPlugin, () => assert.equal(start("pjrt"), "pjrt\n"));
  test("names its choices", () =>
    assert.match(
      start("gpu"),
      /backend \(TFJS_COMPILE_BACKEND\) is "gpu"; it can be auto, tensorflow, pjrt/,
    ));
});

describe("wrong plugins are errors, not crashes", () => {
  const start = (plugin: string) =>
    runInChild('await engine.startEngine({ backend: "pjrt" }).catch((e) => console.log(e.message));', {
      [pluginVariable]: plugin,
    });

  test("a file that is no shared library", () => {
    const text = join(folder, "text.so");
    writeFileSync(text, "not a library");
    const { stdout, status } = start(text);
    assert.match(stdout, /text\.so cannot be loaded as a PJRT plugin: .*(invalid ELF header|file too short)/);
    assert.equal(status, 0);
  });

  test("a shared library that is no plugin", { skip: process.platform !== "linux" }, () => {
    const { stdout, status } = start(
      require.resolve(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`),
    );
    assert.match(stdout, /is not a usable PJRT plugin: .*GetPjrtApi/);
    assert.equal(status, 0);
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

const root = join(__dirname, "../..");

interface LockEntry {
  readonly version?: string;
  readonly link?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

test("environment.md lists every package that ours depend on, in the version of the lock file", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockEntry>;
  };
  const ours = Object.entries(packages).filter(
    ([path]) => !path.includes("node_modules") && !path.startsWith("scripts/"),
  );
  const wanted = ours.flatMap(([path, { dependencies, devDependencies }]) =>
    Object.keys({ ...dependencies, ...devDependencies }).flatMap((name) => {
      const entry = packages[join(path, "node_modules", name)] ?? packages[`node_modules/${name}`];
      return entry?.link ? [] : [`| ${name} | ${entry?.version} |`];
    }),
  );
  const text = readFileSync(join(root, "environment.md"), "utf8");
  assert.ok(wanted.length > 20);
  assert.deepEqual(
    [...new Set(wanted)].filter((row) => !text.includes(row)),
    [],
  );
});

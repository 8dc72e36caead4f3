import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "./packages";

const published = ["packages/engine", "lib"];
const unbuilt = published.some((folder) => !existsSync(join(root, folder, "dist")));
const project = mkdtempSync(join(tmpdir(), "trm-pack-"));
after(() => rmSync(project, { recursive: true, force: true }));

/** The example of README.md, as an ECMAScript module, with few training steps. */
const readme = readFileSync(join(root, "README.md"), "utf8");
const example = /```ts\n(.*?)```/s.exec(readme)![1]!.replace("totalSteps: 200", "totalSteps: 2");

function run(command: string, args: readonly string[], cwd = project): string {
  // The project has no Python environment of its own.
  const env = { ...process.env, VIRTUAL_ENV: join(root, ".venv") };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Packs a package and unpacks it as npm would; what it declares to need is taken from this project's modules. */
function install(folder: string): string[] {
  const packed = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], join(root, folder)),
  );
  const [{ name, filename, files }] = packed;
  const target = join(project, "node_modules", name);
  mkdirSync(target, { recursive: true });
  run("tar", ["-xzf", join(project, filename), "-C", target, "--strip-components", "1"]);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
  for (const needed of Object.keys({ ...dependencies, ...peerDependencies })) {
    const link = join(project, "node_modules", needed);
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(join(root, "node_modules", needed), link, "junction");
  }
  return files.map(({ path }: { path: string }) => path);
}

describe("the packed packages, in an empty project", { skip: unbuilt && "run npm run build first" }, () => {
  before(() => {
    assert.match(example, /totalSteps: 2,/);
    writeFileSync(join(project, "package.json"), "{}");
    for (const folder of published) {
      const files = install(folder);
      for (const file of ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"])
        assert.ok(files.includes(file), `the tarball of ${folder} lacks ${file}`);
      const unwanted = files.filter((file) => /^(src|test)\/|\.map$/.test(file));
      assert.deepEqual(unwanted, [], `the tarball of ${folder}`);
    }
  });

  test("the README's example runs as an ECMAScript module", () => {
    writeFileSync(join(project, "example.mjs"), example.replaceAll(" as const", ""));
    assert.match(run(process.execPath, ["example.mjs"]), /solved: \d/);
  });

  test("the README's example runs as a CommonJS module", () => {
    const [imports, ...rest] = example.split(";\n");
    const required = imports!.replace(/import (\{.*\}) from (".*")/s, "const $1 = require($2)");
    assert.match(required, /require\("trm"\)/);
    const body = rest.join(";\n").replaceAll(" as const", "");
    writeFileSync(join(project, "example.cjs"), `${required};\n(async () => {${body}})();\n`);
    assert.match(run(process.execPath, ["example.cjs"]), /solved: \d/);
  });

  test("types are found by Node's rules and by bundlers' rules", () => {
    const rooms = ["puzzles", "batches", "model", "trainer", "random"];
    const imports = rooms.map(
      (room) => `import * as all_${room} from "trm/${room}";\nconsole.log(all_${room});\n`,
    );
    for (const ending of ["mts", "cts"]) {
      const text =
        ending === "mts" ? example : 'import { createModel } from "trm";\nconsole.log(createModel);\n';
      writeFileSync(join(project, `example.${ending}`), imports.join("") + text);
    }
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const common = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--lib", "es2022,dom"];
    for (const rules of [
      ["--module", "node16"],
      ["--module", "preserve", "--moduleResolution", "bundler"],
    ])
      run(process.execPath, [compiler, ...common, ...rules, "example.mts", "example.cts"]);
  });
});

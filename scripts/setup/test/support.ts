import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const REPOSITORY = join(__dirname, "../../..");

/** A registry that nobody serves: the discard port of this machine. */
export const NOWHERE = "http://127.0.0.1:9";

/**
 * A project with the real set-up and nothing to download: its only npm package forwards to the real compiler, and it
 * asks for no Python package.
 */
export function smallProject(parent = tmpdir()): string {
  const root = mkdtempSync(join(parent, "trm-set-up-"));
  const own = (path: string) => basename(path) !== "node_modules";
  cpSync(join(REPOSITORY, "scripts"), join(root, "scripts"), { recursive: true, filter: own });
  const compiler = JSON.stringify(join(REPOSITORY, "node_modules/typescript/bin/tsc"));
  const files: Record<string, string | object> = {
    "package.json": {
      name: "small",
      version: "1.0.0",
      workspaces: ["typescript", "lib", "packages/workbench"],
    },
    "package-lock.json": {
      name: "small",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "small", version: "1.0.0", workspaces: ["typescript", "lib", "packages/workbench"] },
        "node_modules/typescript": { resolved: "typescript", link: true },
        typescript: { version: "7.0.2" },
        "node_modules/trm": { resolved: "lib", link: true },
        lib: { name: "trm", version: "1.0.0" },
        "node_modules/trm-workbench": { resolved: "packages/workbench", link: true },
        "packages/workbench": { name: "trm-workbench", version: "1.0.0", dependencies: { trm: "1.0.0" } },
      },
    },
    "typescript/package.json": { name: "typescript", version: "7.0.2", type: "module" },
    "typescript/bin/tsc": `import ${compiler};\n`,
    "tsconfig.json": { compilerOptions: { target: "es2022", module: "node20", strict: true, types: [] } },
    ...smallPackage("lib", "trm", "../tsconfig.json", "export const answer: number = 42;\n"),
    ...smallPackage(
      "packages/workbench",
      "trm-workbench",
      "../../tsconfig.json",
      'import { answer } from "trm";\n\nexport const more: number = answer + 1;\n',
      { trm: "1.0.0" },
    ),
    "python/requirements.lock": "# nothing\n",
    "python/requirements-compiler.txt": "# nothing\n",
    "python/requirements-gpu.lock": "# nothing for a GPU\n",
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

function smallPackage(
  folder: string,
  name: string,
  settings: string,
  code: string,
  dependencies: Record<string, string> = {},
): Record<string, string | object> {
  return {
    [`${folder}/package.json`]: {
      name,
      version: "1.0.0",
      main: "dist/index.js",
      types: "dist/index.d.ts",
      dependencies,
    },
    [`${folder}/tsconfig.json`]: {
      extends: settings,
      compilerOptions: { rootDir: "src", outDir: "dist", declaration: true },
      include: ["src"],
    },
    [`${folder}/src/index.ts`]: code,
  };
}

/** A PATH of one folder with Node in it and the given shell scripts. */
export function onlyOnPath(root: string, programs: Record<string, string> = {}): string {
  const folder = join(root, "only-on-path");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  symlinkSync(process.execPath, join(folder, "node"));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

export interface Outcome {
  status: number | null;
  /** Both streams. */
  output: string;
  /** The lines without the progress of the steps: what a reader is told. */
  told: string[];
  seconds: number;
}

export interface Running {
  /** Signals the command and the programs it started, as a terminal does. */
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Outcome>;
}

/** Starts `node scripts/run.mjs NAME …` in a project. */
export function start(root: string, args: string[], env: Record<string, string | undefined> = {}): Running {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(root, "scripts/run.mjs"), ...args], {
    cwd: root,
    env: { ...process.env, TRM_SETUP_PYTHON: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise<Outcome>((resolve) => {
    child.on("close", (status) => {
      const told = output.split("\n").filter((line) => line !== "" && !line.includes(" … "));
      resolve({ status, output, told, seconds: (performance.now() - begun) / 1000 });
    });
  });
  return { kill: (signal) => void process.kill(-(child.pid as number), signal), ended };
}

export const setUp = (root: string, env?: Record<string, string | undefined>) =>
  start(root, ["setup"], env).ended;

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

export const root = resolve(__dirname, "../..");

/** A workspace of ours: its name, its folder from the project's, and the source file behind each import path. */
export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly entries: ReadonlyMap<string, string>;
}

/** The packages, each before those that may import it. */
export const packages: readonly Package[] = [
  "packages/engine",
  "lib",
  "packages/workbench",
  "packages/bench",
  "packages/cli",
  "packages/playground",
].map(readPackage);

function readPackage(folder: string): Package {
  const { name, exports } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const entries = Object.entries<{ source?: string }>(exports).flatMap(([path, { source }]) =>
    source === undefined ? [] : [[join(name, path), join(folder, source)] as const],
  );
  return { name, folder, entries: new Map(entries) };
}

/** The package in whose folder a file lies. */
export const packageOf = (file: string): Package | undefined =>
  packages.find(({ folder }) => file === folder || file.startsWith(`${folder}/`));

/** Path of a file from the project's folder, with "/" on every system. */
export const fromRoot = (file: string): string => relative(root, file).split(sep).join("/");

/** All TypeScript files below a folder of the project, as paths from the project's folder. */
export function typescriptFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => fromRoot(join(root, folder, file)))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .sort();
}

/** The file that a relative import means: itself, with `.ts`, or its folder's index. */
export function resolveRelative(from: string, path: string): string {
  const target = resolve(root, dirname(from), path);
  const file = [target, `${target}.ts`, join(target, "index.ts")].find(
    (candidate) => existsSync(candidate) && /\.\w+$/.test(candidate),
  );
  return fromRoot(file ?? target);
}

/** The lines of a file. */
export const linesOf = (file: string): number =>
  readFileSync(join(root, file), "utf8").trimEnd().split("\n").length;

import { isAbsolute, relative, resolve, sep } from "node:path";
import { projectFolder } from "../files/paths";
import type { RunConfig, RunConfigChanges } from "./config";

/** Paths inside the project count from its folder, with "/" on every system. */
export function portable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(portable);
  if (typeof value !== "string" || !isAbsolute(value)) return value;
  const inside = relative(projectFolder, value);
  return inside.startsWith("..") || isAbsolute(inside) ? value : inside.split(sep).join("/");
}

/** A configuration without the place of the project on this machine. */
export function publicConfig(config: RunConfig): RunConfig {
  const data = Object.entries(config.data).map(([name, value]) => [name, portable(value)]);
  return { ...config, data: Object.fromEntries(data) };
}

/** Paths of data count from a folder, wherever the process stands later. @param folder default: the working folder */
export function withFullPaths<C extends RunConfigChanges>(changes: C, folder = process.cwd()): C {
  const data = changes.data as Readonly<Record<string, unknown>> | undefined;
  if (!data) return changes;
  const full = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(full) : typeof value === "string" ? resolve(folder, value) : value;
  const paths = ["paths", "testPaths", "train", "test"].filter((field) => field in data);
  return {
    ...changes,
    data: { ...data, ...Object.fromEntries(paths.map((field) => [field, full(data[field])])) },
  };
}

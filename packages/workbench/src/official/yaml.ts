import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { isRecord } from "../config/config";

/** Fields of a YAML file. */
export type Plain = { [key: string]: unknown };

/** A YAML file over those that its `defaults` name, such as `- arch: trm` for `arch/trm.yaml`. */
export function readWithDefaults(path: string): Plain {
  const { defaults = [], ...own } = readYaml(path);
  if (!Array.isArray(defaults)) throw new Error(`${path}: defaults must be a list`);
  let config: Plain = {};
  for (const entry of defaults.includes("_self_") ? defaults : [...defaults, "_self_"]) {
    if (entry === "_self_") config = merged(config, own);
    else if (typeof entry === "string") config = merged(config, readDefault(path, entry));
    else if (isRecord(entry)) {
      for (const [group, name] of Object.entries(entry)) {
        config = merged(config, { [group]: readDefault(path, join(group, String(name))) });
      }
    } else throw new Error(`${path}: defaults has an entry that is no file: ${JSON.stringify(entry)}`);
  }
  return config;
}

function readDefault(from: string, name: string): Plain {
  const path = join(dirname(from), `${name}.yaml`);
  if (!existsSync(path)) throw new Error(`${from}: its defaults name ${path}, which does not exist`);
  return readWithDefaults(path);
}

/** @throws Error naming the file and the line that is no YAML */
export function readYaml(path: string): Plain {
  if (!existsSync(path)) throw new Error(`${path} does not exist`);
  let value: unknown;
  try {
    // A tiny file can ask for gigabytes through aliases of aliases.
    value = parse(readFileSync(path, "utf8"), { maxAliasCount: 100, merge: true, logLevel: "error" });
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  if (!isRecord(value)) throw new Error(`${path}: it must hold fields, such as "preset: sudoku-4x4"`);
  return value;
}

function merged(base: Plain, changes: Plain): Plain {
  const result: Plain = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const below = result[key];
    result[key] = isRecord(below) && isRecord(value) ? merged(below, value) : value;
  }
  return result;
}

/** Replaces `${a.b}` by that field, and `${.b}` by the one beside it, as OmegaConf does. */
export function withInterpolations(root: Plain): Plain {
  const resolve = (text: string, parent: readonly string[], depth: number): unknown => {
    const [, dots, name] = /^\$\{(\.*)([\w.]+)\}$/.exec(text) ?? [];
    if (name === undefined) return text;
    if (depth > 20) throw new Error(`${text} refers to itself`);
    const base = dots ? parent.slice(0, parent.length - (dots.length - 1)) : [];
    const place = [...base, ...name.split(".")];
    const value = place.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), root);
    if (value === undefined) throw new Error(`${text} refers to ${place.join(".")}, which is not there`);
    return typeof value === "string" ? resolve(value, place.slice(0, -1), depth + 1) : value;
  };
  const walk = (value: unknown, parent: readonly string[]): unknown => {
    if (typeof value === "string") return resolve(value, parent, 0);
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        walk(inner, isRecord(inner) ? [...parent, key] : parent),
      ]),
    );
  };
  return walk(root, []) as Plain;
}

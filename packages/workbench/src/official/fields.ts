import type { ConfigOf, Field, Fields } from "trm/fields";
import { isRecord } from "../config/config";
import type { Plain } from "./yaml";

/** Our values for the fields that an official configuration has. */
export function readOfficial<F extends Fields>(fields: F, file: Plain): Partial<ConfigOf<F>> {
  const values: Plain = {};
  for (const [name, { official }] of Object.entries<Field<unknown>>(fields)) {
    if (!official) continue;
    const value = official.name
      .split(".")
      .reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), file);
    if (value === undefined || (value === null && official.optional)) continue;
    values[name] = official.read ? official.read(value) : value;
  }
  return values as Partial<ConfigOf<F>>;
}

/** The official configuration for our values. */
export function writeOfficial<F extends Fields>(fields: F, config: ConfigOf<F>): Plain {
  const file: Plain = {};
  for (const [name, { official }] of Object.entries<Field<unknown>>(fields)) {
    if (!official) continue;
    const value = config[name];
    const path = official.name.split(".");
    const last = path.pop() as string;
    let part = file;
    for (const key of path) {
      part[key] ??= {};
      part = part[key] as Plain;
    }
    part[last] = official.write ? official.write(value) : value;
  }
  return file;
}

/**
 * Official names of fields in one section of the official configuration: `lr` at its top, `hidden_size` in `arch`.
 * @param section "arch", or "" for the top
 */
export function officialNames(
  section: "" | "arch",
  fields: Fields,
  which: (official: NonNullable<Field<unknown>["official"]>) => boolean = () => true,
): string[] {
  return Object.values(fields).flatMap(({ official }) => {
    if (!official || !which(official)) return [];
    const [first, second] = official.name.split(".");
    if (second === undefined) return section === "" ? [first] : [];
    return section === first ? [second] : [];
  });
}

import { type Fields, fieldProblem, shown } from "trm/fields";
import { checkModelRules, type ModelSettings } from "trm/model";
import { checkTrainingConfig } from "trm/trainer";
import { nearest, suggestion } from "../text/nearest";
import { type DataConfig, isRecord, type RunConfig } from "./config";
import { configFields, dataKinds, dataSections, sections } from "./fields";

/**
 * Checks a whole configuration and fills in the paper's values for what it leaves out.
 * @param value for example parsed JSON
 * @throws RangeError naming the field that is unknown or wrong, with the nearest valid choice
 * @example
 * parseRunConfig({ data: { kind: "sudoku", box: "2x3" }, model: { hiddenSize: 128 } });
 */
export function parseRunConfig(value: unknown): RunConfig {
  if (!isRecord(value)) throw new RangeError(`a configuration is an object of sections, not ${shown(value)}`);
  const { data, ...others } = value;
  const unknown = Object.keys(others).find((name) => !(name in sections));
  if (unknown) throw unknownField(unknown, ["data", ...Object.keys(sections)]);
  const config = {
    data: parseData(data),
    ...Object.fromEntries(
      Object.entries(sections).map(([name, fields]) => [
        name,
        parseSection(name, fields, others[name] === undefined ? {} : others[name]),
      ]),
    ),
  } as unknown as RunConfig;
  checkModelRules(config.model);
  checkTrainingConfig(config.training);
  return config;
}

/** The section `model` of a configuration, checked and filled in. @throws RangeError as {@link parseRunConfig} */
export function parseModelSettings(value: unknown): ModelSettings {
  const model = parseSection("model", sections.model, value) as unknown as ModelSettings;
  checkModelRules(model);
  return model;
}

/** The section `data` of a configuration, checked and filled in. @throws RangeError as {@link parseRunConfig} */
export function parseData(value: unknown): DataConfig {
  if (!isRecord(value) || value.kind === undefined) {
    throw new RangeError(`data.kind is missing; it can be ${dataKinds.join(", ")}`);
  }
  const kind = dataKinds.find((kind) => kind === value.kind);
  if (!kind) {
    throw new RangeError(
      `data.kind can be ${dataKinds.join(", ")}, not ${shown(value.kind)}${didYouMean(value.kind, dataKinds)}`,
    );
  }
  const data = parseSection(
    "data",
    dataSections[kind],
    value,
    ` with data.kind ${kind}`,
  ) as unknown as DataConfig;
  return data.kind === "maze" ? withLength(data, value.minLength !== undefined) : data;
}

/** The length of Maze-Hard's ways is out of reach in small mazes; left out, it is their size there, as in the library. */
function withLength<M extends { readonly size: number; readonly minLength: number }>(
  maze: M,
  isGiven: boolean,
): M {
  const { size, minLength } = maze;
  // Rooms lie on every second cell, and a shortest way visits each of them at most once.
  const longest = 2 * Math.floor((size - 1) / 2) ** 2;
  if (!isGiven && size < 19) return { ...maze, minLength: size };
  if (minLength <= longest) return maze;
  throw new RangeError(
    `data.minLength is ${minLength}, and no way in a maze of data.size ${size} has more than ${longest} steps`,
  );
}

function parseSection(section: string, fields: Fields, value: unknown, where = ""): Record<string, unknown> {
  if (!isRecord(value)) throw new RangeError(`${section} must be an object, not ${shown(value)}`);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const own = Object.keys(fields).map((name) => `${section}.${name}`);
    throw unknownField(`${section}.${unknown}`, [...own, ...configFields().map(({ path }) => path)], where);
  }
  const filled = Object.entries(fields).map(([name, field]): [string, unknown] => {
    const given = value[name] === undefined ? field.default : value[name];
    const problem = fieldProblem(`${section}.${name}`, field, given);
    if (!problem) return [name, given];
    const { message, choices } = problem;
    const hint = given === undefined ? where : choices ? didYouMean(problem.value, choices.map(String)) : "";
    throw new RangeError(`${message}${hint}`);
  });
  return Object.fromEntries(filled);
}

function unknownField(path: string, known: readonly string[], where = ""): RangeError {
  const field = path.replace(/^data\./, "");
  const owners = dataKinds.filter((kind) => field in dataSections[kind]);
  const hint = owners.length > 0 ? `; it is one of ${owners.join(" and ")}` : suggestion(path, known);
  return new RangeError(`there is no field ${path}${where}${hint}`);
}

function didYouMean(given: unknown, values: readonly string[]): string {
  const close = nearest(String(given), values);
  return close ? `; did you mean ${close}?` : "";
}

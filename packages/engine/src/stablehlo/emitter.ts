/**
 * Writes StableHLO, the portable language of XLA, line by line.
 *
 * A program is a list of assignments, `%7 = "stablehlo.add"(%5, %6) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>`: every
 * name is assigned once, and every shape is written out. All operations are written in this generic form of MLIR, so
 * one function, {@link Emitter.op}, writes them all.
 */
import type { HostData } from "../graph/graph";
import { denseLiteral, elementLiteral, type TensorType, typeText } from "./types";

/** A tensor in the program: its name (`%7`) and type. */
export interface Ssa extends TensorType {
  readonly name: string;
}

/** Attributes of an operation, already as text. */
export type AttributeTexts = Readonly<Record<string, string>>;

export interface Emitter {
  /** Writes one operation and returns its result. `name` is an operation of StableHLO unless it has a prefix, as in `chlo.erf`. */
  op(
    name: string,
    operands: readonly Ssa[],
    result: TensorType,
    attributes?: AttributeTexts,
    region?: Region,
  ): Ssa;
  /** Like {@link Emitter.op}, for several results. */
  multi(
    name: string,
    operands: readonly Ssa[],
    results: readonly TensorType[],
    attributes?: AttributeTexts,
    region?: Region,
  ): readonly Ssa[];
  /** A constant; `data` may be a single number for all elements. Equal constants are written once. */
  constant(data: HostData | number, type: TensorType): Ssa;
  /** The lines so far. */
  readonly lines: readonly string[];
}

/** A function of scalars inside an operation, such as the sum inside a reduction. */
export interface Region {
  readonly parameters: readonly TensorType[];
  readonly body: (e: Emitter, ...parameters: Ssa[]) => readonly Ssa[];
}

/** @param prefix of all names; those of a region must differ from the names around it */
export function createEmitter(prefix = "%"): Emitter {
  const lines: string[] = [];
  const constants = new Map<string, Ssa>();
  let next = 0;

  const multi: Emitter["multi"] = (name, operands, results, attributes = {}, region) => {
    const base = `${prefix}${next++}`;
    const values = results.map((type, i) => ({
      name: results.length === 1 ? base : `${base}#${i}`,
      shape: type.shape,
      dtype: type.dtype,
    }));
    const left = results.length === 1 ? base : `${base}:${results.length}`;
    const fullName = name.includes(".") ? name : `stablehlo.${name}`;
    const texts = Object.entries(attributes).map(([key, text]) => `${key} = ${text}`);
    lines.push(
      `${left} = "${fullName}"(${operands.map((operand) => operand.name).join(", ")})` +
        (region === undefined ? "" : ` (${regionText(region, `%r${base.slice(1)}_`)})`) +
        (texts.length > 0 ? ` {${texts.join(", ")}}` : "") +
        ` : (${operands.map(typeText).join(", ")}) -> ${resultText(results)}`,
    );
    return values;
  };

  const op: Emitter["op"] = (name, operands, result, attributes, region) =>
    multi(name, operands, [result], attributes, region)[0]!;

  return {
    lines,
    op,
    multi,
    constant(data, type) {
      const literal =
        typeof data === "number" ? `dense<${elementLiteral(data, type.dtype)}>` : denseLiteral(data, type);
      const text = `${literal} : ${typeText(type)}`;
      let value = constants.get(text);
      if (value === undefined) {
        value = op("constant", [], type, { value: text });
        constants.set(text, value);
      }
      return value;
    },
  };
}

function resultText(results: readonly TensorType[]): string {
  return results.length === 1 ? typeText(results[0]!) : `(${results.map(typeText).join(", ")})`;
}

function regionText({ parameters, body }: Region, prefix: string): string {
  const inner = createEmitter(prefix);
  const names = parameters.map((type, i) => ({ ...type, name: `${prefix}arg${i}` }));
  const results = body(inner, ...names);
  const head = names.map((value) => `${value.name}: ${typeText(value)}`).join(", ");
  const back = `"stablehlo.return"(${results.map((r) => r.name).join(", ")}) : (${results.map(typeText).join(", ")}) -> ()`;
  return `{\n^bb0(${head}):\n  ${[...inner.lines, back].join("\n  ")}\n}`;
}

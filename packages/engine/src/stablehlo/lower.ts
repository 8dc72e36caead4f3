/** From a recorded graph to a StableHLO program. */
import { type Constant, type Graph, isConstant, printValue, type Value } from "../graph/graph";
import { type Call, shapeError } from "../graph/shapes/rule";
import { assemble } from "./assemble";
import { elementwise } from "./elementwise";
import { createEmitter, type Ssa } from "./emitter";
import { type Layout, placementOf, shardingText } from "./layouts";
import { linear } from "./linear";
import { reduction } from "./reduction";
import type { HloRule, HloRules } from "./rule";
import { isUniform, type TensorType, typeText } from "./types";
import { views } from "./views";

const rules = new Map<string, HloRule>(
  Object.entries({ ...elementwise, ...reduction, ...linear, ...views, ...assemble } satisfies HloRules),
);

/** Constants with more elements become arguments, because long literals are slow to parse. */
const largestLiteral = 1024;

/** A program and its arguments. */
export interface LoweredProgram {
  readonly name: string;
  readonly stablehlo: string;
  /** Arguments in order: the graph's parameters, its captured values, then its large constants. */
  readonly arguments: readonly TensorType[];
  /** The constants to pass as the last arguments. */
  readonly largeConstants: readonly Constant[];
  readonly results: readonly TensorType[];
  /** Indices of arguments that are used up by a run. */
  readonly donated: readonly number[];
  /** Devices that share the program, and how arguments and results lie on them. */
  readonly devices: number;
  readonly layouts: { readonly arguments: readonly Layout[]; readonly results: readonly Layout[] };
}

/** Options of {@link lowerToStableHlo}. */
export interface LowerOptions {
  /** Indices of parameters whose memory results may take over; they are gone after a run. */
  readonly donate?: readonly number[];
  /** Devices that share the batch. @default 1 */
  readonly devices?: number;
  /** Indices of the parameters whose first dimension is the batch. */
  readonly batch?: readonly number[] | undefined;
}

/**
 * Writes a graph as a StableHLO module.
 *
 * @throws Error that names the operation when no rule writes it
 */
export function lowerToStableHlo(
  graph: Graph,
  { donate = [], devices = 1, batch }: LowerOptions = {},
): LoweredProgram {
  const e = createEmitter();
  const placement = placementOf(graph, devices, batch);
  const largeConstants = graph.constants.filter(isLarge);
  const inputs: Value[] = [...graph.parameters, ...graph.captured, ...largeConstants];
  const values = new Map<Value, Ssa>();
  for (const [i, value] of inputs.entries()) values.set(value, ssa(`%arg${i}`, value));

  const operand = (value: Value): Ssa => {
    const known = values.get(value);
    if (known !== undefined) return known;
    if (!isConstant(value)) throw new Error(`${graph.name}: ${printValue(value)} is used before it is made.`);
    const made = e.constant(value.data, value);
    values.set(value, made);
    return made;
  };

  for (const node of graph.nodes) {
    const call = { ...node, numOutputs: node.outputs.length };
    const made = ruleOf(call)(e, { ...call, operand: (i) => operand(node.inputs[i]!) });
    const outputs = Array.isArray(made) ? (made as readonly Ssa[]) : [made as Ssa];
    for (const [i, output] of node.outputs.entries()) values.set(output, checked(call, outputs[i], output));
  }

  const results = graph.results.map(operand);
  const donated = [...new Set(donate)].sort((a, b) => a - b);
  const layouts = { arguments: inputs.map(placement.argument), results: graph.results.map(placement.result) };
  const taken = aliases(inputs, results, donated);
  // What takes over an argument's memory lies as the argument did.
  for (const [argument, result] of taken) layouts.results[result] = layouts.arguments[argument]!;
  const program = {
    name: graph.name,
    arguments: inputs.map(typeOf),
    largeConstants,
    results: results.map(typeOf),
    donated,
    devices: placement.devices,
    layouts,
  };
  return { ...program, stablehlo: moduleText(program, e.lines, results, taken) };
}

/** @throws Error that names the operation when no rule writes it */
export function ruleOf(call: Call): HloRule {
  const rule = rules.get(call.op);
  if (rule !== undefined) return rule;
  throw shapeError(call, "there is no StableHLO for this operation, so it cannot run on a PJRT device.");
}

const typeOf = ({ shape, dtype }: TensorType): TensorType => ({ shape, dtype });
const ssa = (name: string, value: Value): Ssa => ({ name, shape: value.shape, dtype: value.dtype });

/** A uniform constant is one number in the text, whatever its size. */
function isLarge({ data }: Constant): boolean {
  return data.length > largestLiteral && !isUniform(data);
}

/** A rule whose result has another type than was recorded is wrong; the compiler would report it far from its cause. */
function checked(call: Call, made: Ssa | undefined, wanted: Value): Ssa {
  if (made !== undefined && typeText(made) === typeText(wanted)) return made;
  throw shapeError(
    call,
    `its StableHLO gives ${made && typeText(made)}, but ${typeText(wanted)} was recorded.`,
  );
}

/** The result that takes over the memory of each donated argument: the first free one of the same type. */
function aliases(
  inputs: readonly Value[],
  results: readonly Ssa[],
  donated: readonly number[],
): Map<number, number> {
  const free = new Map<string, number[]>();
  for (const [i, result] of results.entries()) {
    free.set(typeText(result), [...(free.get(typeText(result)) ?? []), i]);
  }
  const pairs = new Map<number, number>();
  for (const argument of donated) {
    const result = free.get(typeText(inputs[argument]!))?.shift();
    if (result !== undefined) pairs.set(argument, result);
  }
  return pairs;
}

function moduleText(
  { arguments: inputs, devices, layouts }: Omit<LoweredProgram, "stablehlo">,
  lines: readonly string[],
  results: readonly Ssa[],
  aliases: ReadonlyMap<number, number>,
): string {
  const typed = (name: string, type: TensorType, attributes: readonly string[]) => {
    const given = attributes.filter(Boolean);
    return `${name}${typeText(type)}${given.length === 0 ? "" : ` {${given.join(", ")}}`}`;
  };
  const head = inputs.map((input, i) => {
    const alias = aliases.get(i);
    return typed(`%arg${i}: `, input, [
      shardingText(layouts.arguments[i]!, input.shape, devices),
      alias === undefined ? "" : `tf.aliasing_output = ${alias} : i32`,
    ]);
  });
  const declared = results.map((result, i) =>
    typed("", result, [shardingText(layouts.results[i]!, result.shape, devices)]),
  );
  const names = results.map((result) => result.name).join(", ");
  // The name is fixed so that the same program is found in the cache whatever it is called.
  return [
    `module @program ${devices === 1 ? "" : `attributes {mhlo.num_partitions = ${devices} : i32} `}{`,
    `func.func public @main(${head.join(", ")}) -> (${declared.join(", ")}) {`,
    ...lines,
    `"func.return"(${names}) : (${results.map(typeText).join(", ")}) -> ()`,
    "}",
    "}",
    "",
  ].join("\n");
}

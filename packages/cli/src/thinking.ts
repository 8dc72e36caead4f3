import { type Command, Option } from "commander";
import type { PuzzleHints } from "trm/batches";
import { checkChains, type EvaluateChainsOptions, type MethodName, methods } from "trm-workbench/analysis";
import type { StoredWeights } from "trm-workbench/official";
import { parseBox } from "trm-workbench/runs";
import { anyNumber, oneOf, wholeNumber } from "./options";

/** How a model thinks about a puzzle, and which of its answers counts: options of `trm eval` and `trm solve`. */
export interface ThinkingOptions {
  readonly supervisionSteps?: number;
  readonly chains?: number;
  readonly noise?: number;
  readonly noiseOn?: string;
  readonly randomStarts?: boolean;
  readonly symmetries?: number;
  readonly choose?: MethodName;
  readonly untilHalt?: boolean;
  readonly thinkingSeed?: number;
}

/** Adds the options that `trm eval` and `trm solve` share. */
export function addThinkingOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--supervision-steps <D>",
        "supervision steps per puzzle; those trained with when left out",
      ).argParser(wholeNumber(1, 100_000)),
    )
    .addOption(
      new Option(
        "--chains <K>",
        "think K times about each puzzle, in one batch; the first time undisturbed (default 1, or as many as symmetries)",
      ).argParser(wholeNumber(1, 100_000)),
    )
    .addOption(
      new Option(
        "--noise <S>",
        "add normal noise of this deviation to the answer y before each supervision step of the other chains",
      ).argParser(anyNumber),
    )
    .addOption(
      new Option("--noise-on <latents>", "add the noise to these latents, with commas: y, z, or y,z"),
    )
    .addOption(new Option("--random-starts", "begin the other chains at random latents"))
    .addOption(
      new Option(
        "--symmetries <M>",
        "show each puzzle in M symmetric forms, the chains in turn; answers are turned back",
      ).argParser(wholeNumber(1, 100_000)),
    )
    .addOption(
      oneOf(
        "--choose <method>",
        "the answer that counts; last for one chain, best-q for several when left out",
        Object.keys(methods),
      ),
    )
    .addOption(new Option("--until-halt", "end each chain when its halting head says so, as in training"))
    .addOption(
      new Option("--thinking-seed <n>", "seed of noise, starts and symmetries (default 0)").argParser(
        wholeNumber(0),
      ),
    );
}

/** Options for `evaluateChains`; undefined where the model is to think as the paper's evaluation lets it. */
export function chainOptionsOf(
  options: ThinkingOptions,
): Omit<EvaluateChainsOptions, "batchSize" | "signal" | "hints"> | undefined {
  const { supervisionSteps, noise, noiseOn, randomStarts, symmetries, untilHalt, thinkingSeed } = options;
  const asked = [
    options.chains,
    noise,
    noiseOn,
    randomStarts,
    symmetries,
    options.choose,
    untilHalt,
    thinkingSeed,
  ];
  if (asked.every((value) => value === undefined)) return undefined;
  const chains = options.chains ?? symmetries ?? 1;
  const chosen = {
    chains,
    method: options.choose ?? (chains === 1 ? "last" : "best-q"),
    ...(supervisionSteps !== undefined && { supervisionSteps }),
    ...(noise !== undefined && { noise }),
    ...(noiseOn !== undefined && { noisyLatents: noiseOn.split(",") }),
    ...(randomStarts !== undefined && { randomStarts }),
    ...(symmetries !== undefined && { symmetries }),
    ...(untilHalt !== undefined && { untilHalt }),
    ...(thinkingSeed !== undefined && { seed: thinkingSeed }),
  };
  checkChains(chosen);
  return chosen;
}

/** Facts about the puzzles from the run's data; a box that is named overrules them. */
export function hintsOf({ config, data }: StoredWeights, box?: string): PuzzleHints {
  const { kind, box: ofRun } = { kind: undefined, box: undefined, ...config?.data } as {
    kind?: string;
    box?: string;
  };
  if (data && box === undefined) return data.rules ?? (kind === "folder" ? { kind: "numbers" } : {});
  const text = box ?? ofRun;
  return {
    ...((kind === "maze" || kind === "sudoku") && { kind }),
    ...(text !== undefined && { box: parseBox(text) }),
  };
}

import { Command } from "commander";
import type { EngineInfo } from "tfjs-compile";
import { type ParityResult, runParity } from "trm-workbench/official";
import { textTable } from "trm-workbench/text";
import { deviceOption, type EngineCommandOptions, startEngineFor } from "./engine";
import { progressOf } from "./output";

interface ParityCommandOptions extends EngineCommandOptions {
  readonly json?: boolean;
}

/** `trm parity DIR`: repeats official runs and compares everything they recorded. */
export const parityCommand = new Command("parity")
  .description(
    "repeat the golden runs of the official PyTorch code in DIR and compare everything they recorded",
  )
  .argument(
    "<dir>",
    "folder with one folder per case (config.json, metrics.json and three safetensors files)",
  )
  .addOption(deviceOption())
  .option("--json", "one JSON object on stdout instead of the table")
  .action(async (dir: string, options: ParityCommandOptions) => {
    const engine = await startEngineFor(options);
    const bar = progressOf("comparing", "cases");
    let results: ParityResult[];
    try {
      results = await runParity(dir, bar.update);
    } finally {
      bar.done();
    }
    const failed = results.filter((result) => !result.passed).length;
    if (options.json) console.log(JSON.stringify({ engine: engine.backend, failed, results }));
    else printResults(engine, results);
    if (failed > 0) process.exitCode = 1;
  });

function printResults(engine: EngineInfo, results: readonly ParityResult[]): void {
  const kinds = ["logits", "gradients", "weights", "ema", "carry", "evaluation", "loss", "halting"] as const;
  const rows = results.map(({ name, errors, passed, problem }) => [
    name,
    ...kinds.map((kind) => (errors === undefined ? "" : number(errors[kind]))),
    passed ? "agrees" : (problem ?? "too far"),
  ]);
  console.log(textTable(["case", ...kinds, ""], rows, [false, ...kinds.map(() => true), false]));
  const passed = results.filter((result) => result.passed).length;
  console.log(
    `${passed} of ${results.length} cases agree with the official code (largest errors, on ${engine.backend}).`,
  );
}

function number(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

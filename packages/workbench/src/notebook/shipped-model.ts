import type { Dataset } from "trm/batches";
import type { Box, SudokuGeneratorOptions } from "trm/puzzles";
import { createReasoner, type LossKind } from "trm/trainer";
import { parseData } from "../config";
import type { LoadedRun } from "../experiments";
import { loadModel } from "../official";
import { openRunData, parseBox } from "../runs";

/** A network that comes with the project, and puzzles that it was not trained on. */
export interface ShippedModel extends LoadedRun {
  readonly name: string;
  readonly test: Dataset;
  readonly box: Box;
  /** What the puzzles are like that it was trained on. */
  readonly usual: SudokuGeneratorOptions;
  /** The loss that it was trained with. */
  readonly loss: LossKind;
}

/**
 * Loads a Sudoku network of `data/models` with as many held-out puzzles as asked for. The caller disposes the reasoner and the
 * parameters, and closes the data.
 * @throws Error when there is no such model, or it was not trained on generated Sudokus
 * @example
 * await startEngine();
 * const { reasoner, params, test } = await shippedModel("sudoku-4x4", { puzzles: 20 });
 */
export async function shippedModel(
  name: string,
  { puzzles }: { readonly puzzles: number },
): Promise<ShippedModel> {
  const { model, params, stored } = loadModel(name);
  const config = stored.config?.data && parseData(stored.config.data);
  if (config?.kind !== "sudoku") throw new Error(`${name} was not trained on generated Sudokus`);
  const data = await openRunData({ ...config, test: puzzles });
  return {
    name,
    model,
    params,
    reasoner: createReasoner(model, "float32"),
    data,
    test: data.test[0],
    box: parseBox(config.box),
    usual: {
      ...(config.difficulty && { difficulty: config.difficulty }),
      ...(config.clues && { clues: config.clues }),
    },
    loss: stored.config?.training?.loss ?? "stablemax",
  };
}

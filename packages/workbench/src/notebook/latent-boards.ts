import { sudokuDigits } from "trm/batches";
import type { ModelParams } from "trm/model";
import { sudokuBoxes } from "trm/puzzles";
import type { Reasoner } from "trm/trainer";
import { headDecoder, readMinds } from "../analysis";
import { type Figure, type Heading, sudokuStepsFigure } from "../figures";

/**
 * A Sudoku as the model's output head reads it off each latent, after the first and after the last supervision step.
 * @param puzzle its tokens and those of its solution
 * @throws RangeError when it has another number of tokens than the model
 */
export async function latentBoardsFigure(
  { reasoner, params }: { readonly reasoner: Reasoner; readonly params: ModelParams },
  puzzle: { readonly inputs: ArrayLike<number>; readonly labels: ArrayLike<number> },
  heading: Heading,
): Promise<Figure> {
  const { seqLen } = reasoner.model.config;
  const [box] = sudokuBoxes(seqLen);
  if (box === undefined)
    throw new RangeError(`the model's puzzles have ${seqLen} cells, which no Sudoku has`);
  const [inputs, labels] = [Int32Array.from(puzzle.inputs), Int32Array.from(puzzle.labels)];
  if (inputs.length !== seqLen || labels.length !== seqLen) {
    throw new RangeError(
      `the puzzle has ${inputs.length} tokens and ${labels.length} of its solution, but the model expects ${seqLen}`,
    );
  }
  const batch = { size: 1, count: 1, seqLen, inputs, labels, puzzleIdentifiers: Int32Array.of(0) };
  const minds = await readMinds(reasoner, params, batch);
  const read = headDecoder(params);
  return sudokuStepsFigure(
    { box, clues: sudokuDigits(inputs), solution: sudokuDigits(labels) },
    [minds[0], minds[minds.length - 1]].flatMap(({ supervisionStep, latents }) =>
      Object.entries(latents)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([latent, vectors]) => ({
          name: `${latent}, step ${supervisionStep}`,
          prediction: sudokuDigits(read(vectors)),
        })),
    ),
    heading,
  );
}

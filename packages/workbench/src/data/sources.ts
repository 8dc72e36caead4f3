import { existsSync } from "node:fs";
import { join } from "node:path";
import { type DownloadOptions, download, sha256Of } from "../files";

interface Source {
  /** Description for help texts. */
  readonly about: string;
  /** The folder of the files at their public home. */
  readonly home: string;
  /** File -> SHA-256, or null where the home has published a file without one. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** The commit whose files the checksums belong to. */
const officialCode =
  "https://raw.githubusercontent.com/SamsungSAILMontreal/TinyRecursiveModels/e7b68717f0a6c4cbb4ce6fbef787b14f42083bd9";

const conceptArc = {
  "arc-agi_concept_challenges.json": "4e60bd1de956c2519c3236ba9f2c352c971d5971bfc568ceafa716dd9b1a91fd",
  "arc-agi_concept_solutions.json": "3ec5e95e416e49c85dac28475fc5b73f6998d13b7e91ff0219eee48881c327ee",
};

/** The paper's raw data and its public homes. */
export const sources = {
  "sudoku-extreme": {
    about: "Sudoku-Extreme: hard 9x9 Sudokus with solutions, as CSV",
    home: "https://huggingface.co/datasets/sapientinc/sudoku-extreme/resolve/main",
    files: { "train.csv": null, "test.csv": null },
  },
  "maze-hard": {
    about: "Maze-Hard: 30x30 mazes with shortest paths, as CSV",
    home: "https://huggingface.co/datasets/sapientinc/maze-30x30-hard-1k/resolve/main",
    files: { "train.csv": null, "test.csv": null },
  },
  "arc-agi-1": {
    about: "ARC-AGI-1 and ConceptARC tasks, as the official code keeps them",
    home: `${officialCode}/kaggle/combined`,
    files: {
      "arc-agi_training_challenges.json": "5b02a4753e9088134744d952b048a03f6f23abf4eb6c04e3f27822cf3d439634",
      "arc-agi_training_solutions.json": "47212ad04ef4211221ac6141cba8c8d425e20e90da90ace575ef286c5f992534",
      "arc-agi_evaluation_challenges.json":
        "2b05f8f7d33b73fdbefd69914c399e9409d1949c7f16aabc78e677443a64b208",
      "arc-agi_evaluation_solutions.json": "629622b0eecf42c6cb4da628955ef76ec43214f0d00081f8cf63082ade496c52",
      ...conceptArc,
    },
  },
  "arc-agi-2": {
    about: "ARC-AGI-2 and ConceptARC tasks, as the official code keeps them",
    home: `${officialCode}/kaggle/combined`,
    files: {
      "arc-agi_training2_challenges.json": "779eaba89790ebad9af02514a7efc0aefaf2cf8236f046a31bbf8b9ec48f20f5",
      "arc-agi_training2_solutions.json": "9f07a38bd25af5e83aa5bf85c5cb1a1fefdb30f6a755256fa65429e697ca97f9",
      "arc-agi_evaluation2_challenges.json":
        "e7c62a4bd211867c6b538f66b8013b81f299663c82ca062f49a52bf439d6e4e8",
      "arc-agi_evaluation2_solutions.json":
        "84be4f4f39b79e82c36d565fc878830988b094917f052ee7069aef30b33ca8f1",
      ...conceptArc,
    },
  },
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof sources;

export interface DownloadSourceOptions extends Omit<DownloadOptions, "sha256" | "onProgress"> {
  /** Another home: files are taken from `BASE/SOURCE/FILE`. Default: the variable TRM_DATA_URL, else the public home. */
  baseUrl?: string;
  onProgress?: (progress: { file: string; received: number; total: number | undefined }) => void;
}

/**
 * Downloads the raw files of a dataset by name into `folder`, unless they are there already, in which case only their
 * checksums are compared.
 *
 * @returns the paths of the files.
 * @throws Error that says what is wrong, and where to put a file by hand.
 * @example no-run
 * const [train, test] = await downloadSource("sudoku-extreme", "data/raw/sudoku-extreme");
 */
export async function downloadSource(
  name: SourceName,
  folder: string,
  options: DownloadSourceOptions = {},
): Promise<string[]> {
  const { baseUrl = process.env.TRM_DATA_URL, onProgress, ...rest } = options;
  const source: Source = sources[name];
  if (!source) throw new Error(`there is no dataset "${name}"; there are ${Object.keys(sources).join(", ")}`);
  const home = baseUrl ? `${baseUrl.replace(/\/+$/, "")}/${name}` : source.home;
  const paths: string[] = [];
  for (const [file, sha256] of Object.entries(source.files)) {
    const path = join(folder, file);
    paths.push(path);
    if (existsSync(path)) {
      if (sha256 && sha256Of(path) !== sha256) {
        throw new Error(`${path} is not the file of that name in ${name}: remove it to download it again`);
      }
      continue;
    }
    await download(`${home}/${file}`, path, {
      ...rest,
      ...(sha256 && { sha256 }),
      ...(onProgress && { onProgress: (progress) => onProgress({ file, ...progress }) }),
    });
  }
  return paths;
}

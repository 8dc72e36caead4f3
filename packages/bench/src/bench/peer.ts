/** The peer: the same model in PyTorch (`python/peer.py`), in an environment of its own. It is optional. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ModelConfig, puzzleTokens } from "trm/model";
import type { TrainingConfig } from "trm/trainer";
import { cacheFolder, projectFolder } from "trm-workbench/files";
import { type BenchRow, rowModel, rowName } from "./rows";

/** A Python that has PyTorch, or why there is none. */
export type PeerSearch = { readonly python: string } | { readonly missing: string };

/** Folder in which `npm run bench -- --install-peer` puts PyTorch. */
export const peerPython = join(
  cacheFolder,
  "pytorch",
  ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
);

/** Looks for PyTorch: where the environment variable `TRM_TORCH_PYTHON` points to, else in the environment of its own. */
export function findPeer(env: NodeJS.ProcessEnv = process.env): PeerSearch {
  const python = env.TRM_TORCH_PYTHON || peerPython;
  if (python === peerPython && !existsSync(python)) {
    return { missing: 'PyTorch is not installed: "npm run bench -- --install-peer" does it' };
  }
  const { status, stderr, error } = spawnSync(python, ["-c", "import torch, safetensors"], {
    encoding: "utf8",
  });
  if (status === 0) return { python };
  return {
    missing: `${python} cannot import torch and safetensors (${error?.message ?? stderr.trim().split("\n").at(-1)})`,
  };
}

/** The file of one of the peer's programs: `peer.py`, `peer_race.py`, `peer_check.py`. */
export const peerProgram = (name: string): string => join(projectFolder, "packages", "bench", "python", name);

/** Fields that the peer's `Config` has, in Python's spelling. */
const peerFields = [
  "mixer",
  "hiddenSize",
  "seqLen",
  "layers",
  "n",
  "T",
  "batchSize",
  "precision",
  "vocabSize",
  "heads",
  "expansion",
  "widthMultiple",
  "supervisionSteps",
] as const satisfies (keyof PeerSettings)[];

type PeerSettings = ModelConfig & Pick<TrainingConfig, "batchSize" | "precision">;

/** The peer's configuration of a model: `hiddenSize` is `hidden_size` there. */
export function peerConfig(
  model: ModelConfig,
  training: Pick<TrainingConfig, "batchSize" | "precision">,
): Record<string, string | number> {
  const settings: PeerSettings = { ...model, ...training };
  const named = peerFields.map((field) => [
    field.replace(/[a-z][A-Z]/g, ([end, start]) => `${end}_${start.toLowerCase()}`),
    settings[field],
  ]);
  return { ...Object.fromEntries(named), embedding_tokens: puzzleTokens(model) };
}

/** The arguments with which `peer.py` keeps a row's step ready. */
export function peerArguments(row: BenchRow, threads: number): string[] {
  const config = peerConfig(rowModel(row), { batchSize: row.scale.batchSize, precision: row.precision });
  return [
    peerProgram("peer.py"),
    "--serve",
    "--json",
    "--mode",
    row.mode,
    "--threads",
    String(threads),
    ...Object.entries(config).flatMap(([name, value]) => [`--${name.replaceAll("_", "-")}`, String(value)]),
  ];
}

/** Its threads stay each on a core of its own, which spares PyTorch up to a third of its time; ours see to that themselves. */
export const peerEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  OMP_PROC_BIND: "true",
  ...env,
});

/** Both sides keep a row's compiled programs for the next benchmark; `cold` throws them away first. */
export function compiledEnvironment(row: BenchRow, cold: boolean): NodeJS.ProcessEnv {
  const folder = join(cacheFolder, "bench-compiled", rowName(row).replaceAll(" ", "-"));
  if (cold) rmSync(folder, { recursive: true, force: true });
  return {
    ...process.env,
    TORCHINDUCTOR_CACHE_DIR: join(folder, "pytorch"),
    TFJS_COMPILE_NATIVE_CACHE: join(folder, "native"),
  };
}

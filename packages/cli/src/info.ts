import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { Command } from "commander";
import { exampleCount, groupCount } from "trm/batches";
import { checkpointStep, listCheckpoints } from "trm-workbench/checkpoints";
import { openDataset, readFolderExtras, type Split, streamPuzzleRows } from "trm-workbench/data";
import { openNpy, type StoredTensor } from "trm-workbench/files";
import { isModelFolder, readWeights, type StoredWeights } from "trm-workbench/official";
import { count, namedLines, numberTable } from "trm-workbench/text";
import { jsonOption } from "./options";
import { finish } from "./output";

/** `trm info PATH`: what a run, checkpoint, dataset folder or file holds. */
export const infoCommand = new Command("info")
  .description("say what a run, checkpoint, dataset folder, weights file, .npy or .csv file holds")
  .argument("<path>", "a folder or file")
  .addOption(jsonOption())
  .action(async (path: string, options: { json?: boolean }) => {
    const { result, text } = await describe(path);
    finish(options.json, { path, ...result }, () => text);
  });

interface Description {
  readonly result: object;
  readonly text: string;
}

async function describe(path: string): Promise<Description> {
  if (!existsSync(path) || isModelFolder(path)) {
    return describeWeights("model", readWeights(path));
  }
  if (!statSync(path).isDirectory()) {
    if (extname(path) === ".csv") return describeCsv(path);
    if (extname(path) === ".npy") return describeNpy(path);
    return describeWeights("weights file", readWeights(path));
  }
  if (existsSync(join(path, "checkpoint.json"))) return describeCheckpoint(path);
  const splits = (["train", "test"] as const).filter((split) =>
    existsSync(join(path, split, "dataset.json")),
  );
  if (splits.length > 0) return describeDataset(path, splits);
  if (existsSync(join(path, "config.json"))) return describeRun(path);
  throw new Error(`${path} is not a run, a checkpoint or a dataset folder`);
}

function describeRun(path: string): Description {
  const checkpoints = listCheckpoints(join(path, "checkpoints"));
  const newest = checkpoints.at(-1);
  if (!newest)
    return { result: { kind: "run", checkpoints: [] }, text: `${path} is a run without a checkpoint yet` };
  const inner = describeCheckpoint(newest);
  const table = ["evaluations.csv", "evaluations.jsonl"].map((name) => join(path, name)).find(existsSync);
  const evaluation = table && readFileSync(table, "utf8").trim().split("\n").at(-1);
  return {
    result: { ...inner.result, kind: "run", checkpoints, ...(evaluation && { lastEvaluation: evaluation }) },
    text: `${namedLines([
      ["run", path],
      ["checkpoints", checkpoints.map((path) => `step ${count(checkpointStep(path))}`).join(", ")],
      evaluation !== undefined && ["last evaluation", evaluation],
    ])}\n${inner.text}`,
  };
}

function describeCheckpoint(path: string): Description {
  return describeWeights("checkpoint", readWeights(path, "live"));
}

function describeWeights(
  kind: string,
  { source, path, step, tensors, model, config }: StoredWeights,
): Description {
  const names = Object.keys(tensors);
  const parameters = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
  const shapes = Object.fromEntries(names.map((name) => [name, shapeText(tensors[name])]));
  const settings = model ?? config?.model;
  return {
    result: {
      kind,
      source,
      step,
      parameters,
      model: settings,
      training: config?.training,
      data: config?.data,
      tensors: shapes,
    },
    text: [
      namedLines([
        [kind, path],
        step !== undefined && ["step", count(step)],
        ["holds", `${count(parameters)} numbers in ${names.length} tensors`],
        settings && ["model", compact(settings)],
        config?.training && ["training", compact(config.training)],
        config?.data && ["data", compact(config.data)],
      ]),
      numberTable(
        ["tensor", "shape"],
        names.map((name) => [name, shapes[name]]),
      ),
    ].join("\n"),
  };
}

function describeDataset(path: string, splits: readonly Split[]): Description {
  const { identifiers, testPuzzles } = readFolderExtras(path);
  const all = splits.flatMap((split) => {
    const opened = openDataset(path, split);
    const rows = opened.map((dataset) => ({
      split,
      name: dataset.name,
      groups: groupCount(dataset),
      puzzles: dataset.puzzleIdentifiers.length,
      examples: exampleCount(dataset),
      seqLen: dataset.seqLen,
      vocabSize: dataset.vocabSize,
    }));
    for (const dataset of opened) dataset.close();
    return rows;
  });
  const tasks = testPuzzles && Object.keys(testPuzzles).length;
  return {
    result: {
      kind: "dataset",
      splits: all,
      identifiers: identifiers.length,
      ...(tasks !== undefined && { testPuzzles: tasks }),
    },
    text: [
      namedLines([
        ["dataset folder", path],
        ["tokens", `${all[0].seqLen} per example, ${all[0].vocabSize} kinds`],
        ["identifiers", `${count(identifiers.length)}, the blank one included`],
        tasks !== undefined && ["test puzzles", `${count(tasks)} ARC tasks to predict`],
      ]),
      numberTable(
        ["split", "groups", "puzzles", "examples"],
        all.map(({ name, groups, puzzles, examples }) => [
          name,
          count(groups),
          count(puzzles),
          count(examples),
        ]),
      ),
    ].join("\n"),
  };
}

async function describeCsv(path: string): Promise<Description> {
  const ratings: number[] = [];
  const lengths = new Set<number>();
  for await (const { question, rating } of streamPuzzleRows(path)) {
    ratings.push(rating);
    lengths.add(question.length);
  }
  if (ratings.length === 0) throw new Error(`${path} has no puzzles`);
  ratings.sort((a, b) => a - b);
  const quantile = (share: number) => ratings[Math.floor(share * (ratings.length - 1))];
  const rating = { least: quantile(0), median: quantile(0.5), greatest: quantile(1) };
  const cells = [...lengths];
  return {
    result: { kind: "csv", puzzles: ratings.length, cells, rating },
    text: namedLines([
      ["puzzle file", path],
      ["puzzles", count(ratings.length)],
      ["cells", cells.join(", ")],
      ["rating", `${rating.least} to ${rating.greatest}, median ${rating.median}`],
    ]),
  };
}

function describeNpy(path: string): Description {
  const file = openNpy(path);
  const { dtype, shape } = file;
  file.close();
  return {
    result: { kind: "npy", dtype, shape },
    text: namedLines([
      ["array file", path],
      ["dtype", dtype],
      ["shape", `[${shape.join(", ")}]`],
    ]),
  };
}

const shapeText = ({ dtype, shape }: StoredTensor): string => `${dtype} [${shape.join(", ")}]`;

/** `hiddenSize 128, layers 2, …`. */
function compact(section: object): string {
  return Object.entries(section)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

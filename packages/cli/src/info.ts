import { existsSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { extname, join } from "node:path";
import { Command } from "commander";
import { matrixUnit } from "tfjs-compile";
import { exampleCount, groupCount } from "trm/batches";
import { sudokuCells } from "trm/puzzles";
import { checkpointStep, listCheckpoints } from "trm-workbench/checkpoints";
import {
  digestOf,
  digestOfNames,
  isPuzzleFile,
  openDataset,
  readFolderExtras,
  type Split,
  streamPuzzleRows,
} from "trm-workbench/data";
import { openNpy, type StoredTensor } from "trm-workbench/files";
import { isModelFolder, readWeights, type StoredWeights } from "trm-workbench/official";
import { type EvaluationRow, readEvaluations } from "trm-workbench/runs";
import { count, namedLines, numberTable, percent } from "trm-workbench/text";
import { jsonOption } from "./options";
import { finish } from "./output";

/** `trm info PATH`: what a run, checkpoint, dataset folder or file holds; without PATH, what computes on this machine. */
export const infoCommand = new Command("info")
  .description(
    "say what a run, checkpoint, dataset folder, weights file, .npy or .csv file holds; or what this machine has",
  )
  .argument("[path]", "a folder or file; without one, the machine")
  .addOption(jsonOption())
  .action(async (path: string | undefined, options: { json?: boolean }) => {
    const { result, text } = path === undefined ? describeMachine() : await describe(path);
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
    if (isPuzzleFile(path)) return describeCsv(path);
    if (extname(path).toLowerCase() === ".npy") return describeNpy(path);
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

function describeMachine(): Description {
  const processors = cpus();
  const machine = { processor: processors[0]?.model ?? "unknown", cores: processors.length };
  const { used, text } = matrixUnit();
  return {
    result: { kind: "machine", ...machine, matrixUnit: { used, text } },
    text: namedLines([
      ["processor", `${machine.cores} x ${machine.processor}`],
      ["matrix unit", used ? text : `not used: ${text}`],
    ]),
  };
}

function describeRun(path: string): Description {
  const checkpoints = listCheckpoints(join(path, "checkpoints"));
  const newest = checkpoints.at(-1);
  if (!newest)
    return { result: { kind: "run", checkpoints: [] }, text: `${path} is a run without a checkpoint yet` };
  const inner = describeCheckpoint(newest);
  const evaluations = readEvaluations(path);
  const last = evaluations.at(-1);
  const best = evaluations.reduce((a, b) => (b.solved >= a.solved ? b : a), evaluations[0]);
  const kept = checkpoints.find((checkpoint) => checkpointStep(checkpoint) === best?.step);
  return {
    result: {
      ...inner.result,
      kind: "run",
      checkpoints,
      ...(last && { lastEvaluation: last, bestEvaluation: best, ...(kept && { bestCheckpoint: kept }) }),
    },
    text: `${namedLines([
      ["run", path],
      ["checkpoints", checkpoints.map((path) => `step ${count(checkpointStep(path))}`).join(", ")],
      last && ["last evaluation", evaluationText(last)],
      best && [
        "best evaluation",
        `${evaluationText(best)}${kept ? `, ${kept}` : ", its checkpoint is gone"}`,
      ],
    ])}\n${inner.text}`,
  };
}

function evaluationText({ step, weights, solved, cells, count: puzzles }: EvaluationRow): string {
  return `step ${count(step)}: ${percent(solved)} of ${count(puzzles)} puzzles solved (${weights}), cells ${percent(cells)}`;
}

function describeCheckpoint(path: string): Description {
  return describeWeights("checkpoint", readWeights(path, "live"));
}

function describeWeights(
  kind: string,
  { source, path, step, tensors, model, config, data }: StoredWeights,
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
      digests: data,
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
        data && ["digests", compact(data)],
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
  const digests: Record<string, string> = {};
  const all = splits.flatMap((split) => {
    const opened = openDataset(path, split);
    digests[split] = digestOf(opened);
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
  if (testPuzzles) digests.tasks = digestOfNames([JSON.stringify(testPuzzles)]);
  return {
    result: {
      kind: "dataset",
      splits: all,
      identifiers: identifiers.length,
      digests,
      ...(tasks !== undefined && { testPuzzles: tasks }),
    },
    text: [
      namedLines([
        ["dataset folder", path],
        ["tokens", `${all[0].seqLen} per example, ${all[0].vocabSize} kinds`],
        ["identifiers", `${count(identifiers.length)}, the blank one included`],
        ["digests", compact(digests)],
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
  let unanswered = 0;
  const lengths = new Set<number>();
  for await (const { question, answer, rating } of streamPuzzleRows(path)) {
    ratings.push(rating);
    if (answer.trim() === "") unanswered++;
    lengths.add(
      question.includes("#") ? question.replace(/\r?\n/g, "").length : sudokuCells(question).length,
    );
  }
  if (ratings.length === 0) throw new Error(`${path} has no puzzles`);
  ratings.sort((a, b) => a - b);
  const quantile = (share: number) => ratings[Math.floor(share * (ratings.length - 1))];
  const rating = { least: quantile(0), median: quantile(0.5), greatest: quantile(1) };
  const cells = [...lengths];
  return {
    result: { kind: "csv", puzzles: ratings.length, unanswered, cells, rating },
    text: namedLines([
      ["puzzle file", path],
      ["puzzles", count(ratings.length)],
      unanswered > 0 && ["without answer", `${count(unanswered)}, which are searched when they are needed`],
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

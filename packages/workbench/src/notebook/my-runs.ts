import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { datasetFields } from "trm/model";
import { z } from "zod";
import { type PresetName, parseRunConfig, presetConfig, presets, type RunConfig } from "../config";
import { catalogue, isFinished, readFacts, runsFolder } from "../experiments";
import { lastAveraged } from "../experiments/store";
import { readEvaluations } from "../runs";
import { differences, storedConfig } from "../runs/resume";
import { mean } from "../text";
import type { ResultsRow } from "./experiment-table";
import { saidOf } from "./predict";
import type { TableRows } from "./table";

/** A run of one's own that was trained to its end. */
const runSchema = z.object({
  finished: z.string(),
  experiment: z.string(),
  variant: z.string(),
  /** As tables name it. */
  task: z.string(),
  /** In what it differs from the nearest task or preset of the project. */
  changes: z.string(),
  seed: z.number(),
  steps: z.number(),
  /** Of the held-out puzzles, 0 to 1. */
  solved: z.number(),
  /** What was predicted, in percent. */
  said: z.number().optional(),
  seconds: z.number(),
  /** In the store of runs. */
  hash: z.string().optional(),
});
export type OwnRun = Readonly<z.infer<typeof runSchema>>;

/** A line for each run, oldest first. */
const journal = () => join(runsFolder(), "my-runs.jsonl");

/** The evaluation by which a run counts: the last of the averaged weights, else of the live ones. */
export const finalOf = <E extends { readonly weights: "live" | "ema" }>(
  evaluations: readonly E[],
): E | undefined => lastAveraged(evaluations) ?? evaluations.at(-1);

/** Notes a run for {@link myRuns}. */
export function noteRun(run: Omit<OwnRun, "finished" | "said">): void {
  mkdirSync(runsFolder(), { recursive: true });
  const said = saidOf(run.variant);
  const noted: OwnRun = { finished: new Date().toISOString(), ...run, ...(said !== undefined && { said }) };
  appendFileSync(journal(), `${JSON.stringify(noted)}\n`);
}

/** The noted runs, and those in the store that were trained elsewhere, oldest first. @throws Error naming a damaged file */
function ownRuns(): OwnRun[] {
  const noted = existsSync(journal()) ? parseLines(readFileSync(journal(), "utf8"), journal()) : [];
  const hashes = new Set(noted.map(({ hash }) => hash));
  const folders = existsSync(runsFolder()) ? readdirSync(runsFolder()) : [];
  const others = folders
    .filter((hash) => !hashes.has(hash) && isFinished(join(runsFolder(), hash)))
    .flatMap((hash): OwnRun[] => {
      const folder = join(runsFolder(), hash);
      const config = storedConfig(join(folder, "config.json"));
      const { date, step, seconds } = readFacts(folder);
      const { name, changes } = nearestBase(config);
      const last = finalOf(readEvaluations(folder));
      if (last === undefined) return [];
      const names = { experiment: "", variant: "", task: name, changes: changes.join(", ") };
      const numbers = { seed: config.training.seed, steps: step, solved: last.solved, seconds };
      return [{ finished: date, ...names, ...numbers, hash }];
    });
  return [...noted, ...others].sort((a, b) => a.finished.localeCompare(b.finished));
}

function parseLines(text: string, where: string): OwnRun[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line, i) => {
      try {
        return runSchema.parse(JSON.parse(line));
      } catch {
        throw new Error(`${where}, line ${i + 1} is damaged: remove the line`);
      }
    });
}

/**
 * My runs so far, oldest first: those of notebooks and of the command line, but not those that came with the project.
 * @throws Error naming a damaged file
 * @example
 * showTable(myRuns(), { digits: 1 });
 */
export function myRuns(): TableRows {
  return ownRuns().map(({ finished, solved, said, seconds, hash: _, ...run }) => ({
    finished: new Date(finished),
    ...run,
    "solved %": 100 * solved,
    "you said %": said ?? Number.NaN,
    "minutes of training": seconds / 60,
  }));
}

/** Begins a line of {@link exportResult}, so that it is found in a chat or an e-mail. */
const mark = "trm-result ";

/**
 * Prints all of one's own runs as one line, to send to a teacher, who gathers such lines with {@link poolResults}.
 * @param who a name for the table; nothing else about the person or the computer is in the line
 * @example
 * exportResult("Ada");
 */
export function exportResult(who = ""): void {
  console.log(`${mark}${JSON.stringify({ who, runs: ownRuns() })}`);
}

const lineSchema = z.object({ who: z.string(), runs: z.array(runSchema) });

/**
 * Gathers lines of {@link exportResult}: a row for each variant, over all who trained it. Other lines of the text are skipped,
 * and a run that is in it twice counts once.
 * @param text all lines, as they came
 * @throws Error naming a line that was cut or changed
 * @example
 * showTable(poolResults("trm-result {\"who\":\"Ada\",\"runs\":[]}"), { digits: 1 });
 */
export function poolResults(text: string): ResultsRow[] {
  const groups = new Map<string, Map<string, OwnRun & { who: string }>>();
  for (const [i, line] of text.split("\n").entries()) {
    const at = line.indexOf(mark);
    if (at < 0) continue;
    let parsed: z.infer<typeof lineSchema>;
    try {
      parsed = lineSchema.parse(JSON.parse(line.slice(at + mark.length)));
    } catch {
      throw new Error(`line ${i + 1} is cut or changed: copy the whole line of exportResult`);
    }
    for (const run of parsed.runs) {
      const { who } = parsed;
      const group = [run.experiment, run.task, run.variant, run.changes].join("\n");
      const runs = groups.get(group) ?? new Map();
      groups.set(group, runs.set(JSON.stringify([who, run]), { ...run, who }));
    }
  }
  return [...groups.values()].map((group) => {
    const runs = [...group.values()];
    const [{ experiment, task, variant, changes }] = runs;
    const solved = runs.map((run) => 100 * run.solved);
    return {
      ...{ experiment, task, variant, changes },
      people: new Set(runs.map(({ who }) => who)).size,
      runs: runs.length,
      "solved %": mean(solved),
      "lowest %": Math.min(...solved),
      "highest %": Math.max(...solved),
      "said %": mean(runs.flatMap(({ said }) => said ?? [])),
    };
  });
}

type Described = Readonly<Partial<Record<"data" | "model" | "training", object>>>;

/** In what a configuration differs from the nearest of the project's, as text; seeds do not count. */
export const changesOf = (config: Described): string => nearestBase(config).changes.join(", ");

/** Seeds, and the sizes of puzzles, which a model knows and no configuration has. */
const ignored = ["training.seed", ...Object.keys(datasetFields).map((field) => `model.${field}`)];

/** The preset or task with the fewest differences. */
function nearestBase({ data, model, training }: Described): { name: string; changes: string[] } {
  const sections = { ...(data && { data }), ...(model && { model }), ...(training && { training }) };
  const candidates = bases().map(({ name, config }) => {
    const changed = Object.entries(sections).flatMap(([section, values]) =>
      differences({ [section]: config[section as keyof RunConfig] }, { [section]: values }),
    );
    const changes = changed.filter(([path]) => !ignored.includes(path));
    return { name, changes: changes.map(([path, , now]) => `${path} = ${JSON.stringify(now)}`) };
  });
  return candidates.reduce((best, each) => (each.changes.length < best.changes.length ? each : best));
}

function bases(): { name: string; config: RunConfig }[] {
  const tasks = new Map(
    catalogue.flatMap(({ tasks }) => Object.values(tasks).map((task) => [task.base, task])),
  );
  return [
    ...(Object.keys(presets) as PresetName[]).map((name) => ({ name, config: presetConfig(name) })),
    ...[...tasks.values()].map(({ name, base }) => ({ name, config: parseRunConfig(base) })),
  ];
}

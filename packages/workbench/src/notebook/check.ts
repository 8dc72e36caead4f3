import type { RunConfig } from "../config";
import { lastEvaluation } from "../experiments";
import { mean } from "../text";
import { suggestion } from "../text/nearest";
import { showMarkdown } from "./display";
import type { MeasuredExperiment } from "./experiment-table";
import { saidOf } from "./predict";

/** An exercise whose answer is a comparison of two variants. */
interface Question {
  /** What the exercise asks for, in words. */
  readonly wants: string;
  readonly has: (config: RunConfig) => boolean;
  /** What it is compared with: a variant's name, or its settings. */
  readonly against: string | ((config: RunConfig) => boolean);
}

const trainsOn = ({ data }: RunConfig) => ("train" in data ? data.train : undefined);
const rewrites = ({ data }: RunConfig) => "augment" in data && data.augment;
const attention = ({ model }: RunConfig) => model.mixer === "attention";

/** By notebook and number of the exercise. */
const questions: Readonly<Record<string, Question>> = {
  "2.1": {
    wants: "two networks of two layers",
    has: ({ model }) => model.networks === 2 && model.layers === 2,
    against: "TRM",
  },
  "2.2": {
    wants: 'recursion: "direct" with two layers',
    has: ({ model }) => model.recursion === "direct" && model.layers === 2,
    against: "TRM",
  },
  "2.3": {
    wants: "supervisionSteps: 1 and T: 12",
    has: ({ model }) => model.supervisionSteps === 1 && model.T === 12,
    against: "TRM",
  },
  "3.1": {
    wants: "4 layers with the n of 2 layers",
    has: ({ model }) => model.layers === 4 && model.n > 1,
    against: "2 layers",
  },
  "3.2": {
    wants: "4 layers and train: 100, augment: false",
    has: (config) => config.model.layers === 4 && trainsOn(config) === 100 && !rewrites(config),
    against: "2 layers",
  },
  "3.3": {
    wants: "4 layers and train: 200",
    has: (config) => config.model.layers === 4 && trainsOn(config) === 200,
    against: "2 layers",
  },
  "3.4": {
    wants: "one network of a larger hiddenSize",
    has: ({ model }) => model.networks === 1 && model.hiddenSize > 64,
    against: "2 layers, two networks",
  },
  "5.1": {
    wants: "learningRate: 1e-2 without EMA",
    has: ({ training }) => training.learningRate === 1e-2 && training.ema === 0,
    against: "EMA 0.99",
  },
  "5.2": {
    wants: "EMA 0.999",
    has: ({ training }) => training.ema === 0.999,
    against: ({ training }) => training.ema === 0.99,
  },
  "5.4": {
    wants: "100 puzzles with augment: true",
    has: (config) => trainsOn(config) === 100 && rewrites(config),
    against: "100 puzzles",
  },
  "6.1": {
    wants: "the MLP on mazes larger than 7x7",
    has: ({ model, data }) => model.mixer === "mlp" && "size" in data && Number(data.size) > 7,
    against: attention,
  },
  "6.2": {
    wants: 'attention with positions: "none"',
    has: (config) => attention(config) && config.model.positions === "none",
    against: (config) => attention(config) && config.model.positions === "rope",
  },
  "6.3": {
    wants: "heads: 1",
    has: (config) => attention(config) && config.model.heads === 1,
    against: (config) => attention(config) && config.model.heads > 1,
  },
  "6.4": {
    wants: "attention with train: 100, augment: false",
    has: (config) => attention(config) && trainsOn(config) === 100 && !rewrites(config),
    against: (config) => !attention(config),
  },
  "7.1": {
    wants: "supervisionSteps: 16 without halting",
    has: ({ model }) => model.supervisionSteps === 16 && model.halting === "never",
    against: "halt",
  },
  "7.2": {
    wants: "exploration: 0.5",
    has: ({ model }) => model.exploration === 0.5,
    against: "halt",
  },
  "8.1": {
    wants: "n: 6 and T: 3",
    has: ({ model }) => model.n === 6 && model.T === 3,
    against: "n = 2, T = 2",
  },
  "9.2": {
    wants: "4 experts and train: 100, augment: false",
    has: (config) => config.model.experts === 4 && trainsOn(config) === 100 && !rewrites(config),
    against: "one SwiGLU",
  },
  "9.3": {
    wants: "expertsPerToken: 4",
    has: ({ model }) => model.experts === 4 && model.expertsPerToken === 4,
    against: "one SwiGLU",
  },
  "9.4": {
    wants: "one SwiGLU of expansion: 16",
    has: ({ model }) => model.experts === 1 && model.expansion === 16,
    against: "4 experts, best 1",
  },
  "9.5": {
    wants: "4 experts of expansion: 1",
    has: ({ model }) => model.experts === 4 && model.expansion === 1,
    against: "one SwiGLU",
  },
};

/**
 * Answers an exercise in one sentence, from your own result: which variant solves more, by how much, and whether its seeds can tell.
 * What is missing in the result is said.
 *
 * @param exercise notebook and number, such as "2.1"
 * @param result of `runExperiment` with the variants that the exercise asks for
 * @throws RangeError for an exercise that no comparison of two variants answers
 */
export function check(exercise: string, result: MeasuredExperiment): void {
  showMarkdown(answerOf(exercise, result));
}

/** The sentence of {@link check}. @throws as it does */
export function answerOf(exercise: string, { variants }: MeasuredExperiment): string {
  const question = questions[exercise];
  if (question === undefined) {
    const known = Object.keys(questions);
    throw new RangeError(
      `exercise ${exercise} has no check${suggestion(exercise, known)}; there are checks of ${known.join(", ")}`,
    );
  }
  const { wants, has, against } = question;
  // Variants of one's own come last.
  const latest = [...variants].reverse();
  const mine = latest.find(({ config }) => config !== undefined && has(config));
  const other = latest.find(
    ({ variant, config }) =>
      variant.name !== mine?.variant.name &&
      (typeof against === "string" ? variant.name === against : config !== undefined && against(config)),
  );
  if (mine === undefined) return `**${exercise}:** the result has no variant with ${wants}.`;
  if (other === undefined) {
    return `**${exercise}:** the result has nothing to compare “${mine.variant.name}” with${typeof against === "string" ? `: run “${against}” too` : ""}.`;
  }
  const [own, theirs] = [mine, other].map(({ runs }) => runs.map((run) => 100 * lastEvaluation(run).solved));
  if (own.length === 0 || theirs.length === 0) return `**${exercise}:** not both variants have been trained.`;
  const difference = mean(own) - mean(theirs);
  const points = `${Math.abs(difference).toFixed(1)} points ${difference < 0 ? "less" : "more"}`;
  const said = saidOf(mine.variant.name);
  return (
    `**${exercise}:** “${mine.variant.name}” solves ${spread(own)}, “${other.variant.name}” ${spread(theirs)}: ` +
    `${points}${certainty(own, theirs)}.${said === undefined ? "" : ` You said ${said}%.`}`
  );
}

function spread(percents: readonly number[]): string {
  const text = `${mean(percents).toFixed(1)}%`;
  if (percents.length === 1) return text;
  return `${text} (${Math.min(...percents).toFixed(1)} to ${Math.max(...percents).toFixed(1)})`;
}

function certainty(a: readonly number[], b: readonly number[]): string {
  if (a.length === 1 || b.length === 1) return ", with one seed no more than a hint";
  const apart = Math.min(...a) > Math.max(...b) || Math.max(...a) < Math.min(...b);
  return apart ? ", and no seed of the one reaches any of the other" : ", but the seeds overlap";
}

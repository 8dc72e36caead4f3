import { join } from "node:path";
import { SingleBar } from "cli-progress";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Budget, budgets } from "../experiments";
import { committedFigures } from "../figures";
import { cacheFolder } from "../files/paths";
import type { NotebookEvent } from "./execute";
import { reproduce } from "./reproduce";
import { resultsTable } from "./results";

/** `npm run reproduce`: executes the notebooks, shows how far they are, and prints one table of results. */
async function main(): Promise<void> {
  const command = new Command("npm run reproduce --")
    .description("Executes the notebooks and prints a table of their results.")
    .addOption(new Option("--budget <budget>", "how much to train").choices([...budgets]).default("laptop"))
    .option("--only <name>", "only notebooks whose name contains this", "")
    .option(
      "--seeds <count>",
      "seeds that every variant is trained with; all that are stored, with --stored",
      wholeNumber,
    )
    .option("--write", "replace the notebooks and figures/ by those of this run", false)
    .option("--stored", "use stored runs where there are some, instead of training again", false)
    .parse();
  const { budget, only, seeds, write, stored } = command.opts<{
    budget: Budget;
    only: string;
    seeds?: number;
    write: boolean;
    stored: boolean;
  }>();

  // Figures and runs of the smoke budget must not replace real ones.
  if (budget === "smoke") {
    process.env.TRM_FIGURES ??= join(cacheFolder, "figures");
    process.env.TRM_RUNS ??= join(cacheFolder, "runs");
  } else if (write) {
    process.env.TRM_FIGURES ??= committedFigures;
  }
  const show = progressOfNotebooks();
  const started = Date.now();
  try {
    const result = await reproduce({ budget, only, seeds, write, fresh: !stored, onEvent: show.event });
    show.end();
    if (result.rows.length > 0) console.log(`\n${resultsTable(result.rows)}`);
    if (result.figures.length > 0)
      console.log(`Figures:\n${result.figures.map((path) => `  ${path}`).join("\n")}`);
    console.log(`Executed notebooks:\n${result.executed.map((path) => `  ${path}`).join("\n")}`);
    console.log(`All of it took ${((Date.now() - started) / 60_000).toFixed(1)} minutes.`);
  } catch (error) {
    show.end();
    console.error(`\n${(error as Error).message}`);
    process.exitCode = 1;
  }
}

/** One bar for each notebook, counting its cells, with the last line that the running cell printed. */
function progressOfNotebooks() {
  let current: { readonly notebook: string; readonly bar: SingleBar } | undefined;
  const end = () => {
    current?.bar.stop();
    current = undefined;
  };
  const event = (notebook: string, event: NotebookEvent) => {
    if (current?.notebook !== notebook) {
      end();
      const bar = new SingleBar({
        format: `${notebook}  cell {value}/{total}  {duration_formatted}  {line}`,
        fps: 4,
        hideCursor: true,
        noTTYOutput: true,
        notTTYSchedule: 30_000,
      });
      bar.start(event.event === "cell" ? event.of : 0, 0, { line: "" });
      current = { notebook, bar };
    }
    if (event.event === "cell") current.bar.update(event.number, { line: firstLine(event.source) });
    if (event.event === "line") current.bar.update({ line: event.text });
    if (event.event === "done") current.bar.update({ line: "done" });
  };
  return { event, end };
}

function firstLine(source: string): string {
  return source.split("\n").find((line) => line.trim() !== "" && !line.startsWith("import ")) ?? "";
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

void main();

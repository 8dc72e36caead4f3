/** What a worker does with each message, wherever its files come from. */
import { disposeTree } from "tfjs-compile";
import type { LoadedModule } from "tfjs-compile/precompiled";
import type { Model, ModelParams } from "trm/model";
import { type Configurations, configurations as pageConfigurations } from "../configurations";
import { type FromWorker, shippedModels, type ThinkRequest, type ToWorker } from "../protocol";
import { loadModel, loadThinking, loadTraining, type ReadFile, whySlow } from "./load";
import { nextTask } from "./tasks";
import { think } from "./think";
import { startTraining, type Training } from "./train";

/** Between two messages that files are still loading. */
const MILLISECONDS_PER_BEAT = 5000;

/** Answers messages one after the other; `post` gets what goes to the page. */
export function createService(
  read: ReadFile,
  post: (message: FromWorker) => void,
  configurations: Configurations = pageConfigurations,
): (message: ToWorker) => void {
  const models = new Map<string, Promise<{ model: Model; params: ModelParams }>>();
  const sets = new Map<string, Promise<void>>();
  const trainings = new Map<string, Promise<LoadedModule>>();
  let training: Training | undefined;
  /** The number of the latest request to think; a request ends where it is no longer its own. */
  let thinking = 0;
  let starting = 0;
  const slow = whySlow();
  if (slow !== undefined)
    post({
      type: "slow",
      reason: `${slow}: thinking takes several times as long, and training is not possible.`,
    });

  /** A promise that is made once, unless it failed. */
  function once<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
    const known = made.get(name);
    if (known !== undefined) return known;
    const promise = make();
    made.set(name, promise);
    const beat = setInterval(() => post({ type: "loading" }), MILLISECONDS_PER_BEAT);
    const loaded = () => clearInterval(beat);
    promise.then(loaded, () => {
      loaded();
      made.delete(name);
    });
    return promise;
  }

  async function modelFor({ model: name }: ThinkRequest): Promise<{ model: Model; params: ModelParams }> {
    if (name === "trained") {
      if (training === undefined) throw new Error("nothing has been trained yet: start a training first.");
      return training.trained();
    }
    if (!shippedModels.includes(name)) throw new Error(`there is no model "${name}".`);
    const set = `think-${name}`;
    await once(sets, set, () => loadThinking(read, set));
    return once(models, name, () => loadModel(read, name));
  }

  async function answer(request: ThinkRequest): Promise<void> {
    const mine = ++thinking;
    const { id } = request;
    const begun = performance.now();
    const { model, params } = await modelFor(request);
    try {
      checkRequest(request, model);
      await answerWith(model, params, request, mine);
    } finally {
      if (request.model === "trained") disposeTree(params);
    }
    const stopped = mine !== thinking;
    post({ type: "thinkingDone", id, stopped, milliseconds: performance.now() - begun });
  }

  async function answerWith(model: Model, params: ModelParams, request: ThinkRequest, mine: number) {
    const { id, chains = 1 } = request;
    for (let chain = 0; chain < chains; chain++) {
      const onUpdate = request.trace
        ? (position: Parameters<NonNullable<Parameters<typeof think>[4]>>[0]) =>
            post({ type: "position", id, chain, position })
        : undefined;
      for (const thought of think(model, params, request, chain, onUpdate)) {
        post({ type: "thought", id, chain, thought });
        await nextTask();
        if (mine !== thinking) return;
      }
    }
  }

  async function startNow(message: Extract<ToWorker, { type: "startTraining" }>): Promise<void> {
    const mine = ++starting;
    if (slow !== undefined) throw new Error(`${slow}: training is not possible.`);
    const last = training;
    last?.stop();
    const set = `train-${message.model}`;
    const { threads } = await once(trainings, set, () => loadTraining(read, set));
    await last?.done.catch(() => {});
    if (mine !== starting) return;
    training = startTraining(configurations[message.model], message, post, threads);
    last?.dispose();
    training.done.catch((error: Error) => fail("train", error));
  }

  function running(): Training {
    if (training === undefined) throw new Error("no training has been started.");
    return training;
  }

  function fail(of: "think" | "train", error: unknown, id?: number): void {
    const message = error instanceof Error ? error.message : String(error);
    post({ type: "error", of, message, ...(id !== undefined && { id }) });
  }

  function handle(message: ToWorker): void {
    switch (message.type) {
      case "think":
        answer(message).catch((error) => fail("think", error, message.id));
        return;
      case "stopThinking":
        thinking++;
        return;
      case "startTraining":
        startNow(message).catch((error) => fail("train", error));
        return;
      case "pauseTraining":
        running().pause();
        return;
      case "resumeTraining":
        running().resume();
        return;
      case "changeTraining":
        running().change(message.settings);
        return;
      case "saveTraining":
        post({ type: "saved", id: message.id, training: running().save() });
        return;
      case "stopTraining":
        starting++;
        training?.stop();
    }
  }

  return (message) => {
    try {
      handle(message);
    } catch (error) {
      fail("train", error);
    }
  };
}

function checkRequest(
  { grid, steps, n = 1, T = 1, chains = 1, noise = 0 }: ThinkRequest,
  { config }: Model,
): void {
  const side = Math.sqrt(config.seqLen);
  if (grid.length !== config.seqLen)
    throw new Error(`the puzzle has ${grid.length} cells, but the model solves ${side}x${side}.`);
  for (const digit of Array.from(grid))
    if (!(Number.isInteger(digit) && digit >= 0 && digit <= side))
      throw new Error(`the puzzle has the digit ${digit}; it must be 1 to ${side}, or 0 for a blank.`);
  for (const [name, value] of Object.entries({ steps, n, T, chains }))
    if (!(Number.isInteger(value) && value >= 1 && value <= 1000))
      throw new Error(`${name} is ${value}; it must be a whole number from 1 to 1,000.`);
  if (!(noise >= 0 && noise <= 100)) throw new Error(`the noise is ${noise}; it must be between 0 and 100.`);
}

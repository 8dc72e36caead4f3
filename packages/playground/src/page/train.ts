import type { FromWorker, SavedTraining, StartTraining, ToWorker } from "../protocol";
import { createBoard } from "./board";
import { byId, debounced, element, percent } from "./dom";
import { type Evaluated, type KeptTraining, keepTraining, keptTraining } from "./kept";
import { trainable } from "./models";
import type { State, Store } from "./state";
import { type Curves, choicesOf, createCurves, createLiveSettings } from "./train-view";

type Message<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;
type Phase = "idle" | "starting" | "running" | "paused";

/** Seconds of training between two copies that the page keeps. */
const SECONDS_PER_COPY = 8;

export interface TrainPanel {
  onReady(message: Message<"trainingReady">): void;
  onStep(message: Message<"trainingStep">): void;
  onEvaluation(message: Message<"trainingEvaluation">): void;
  onPuzzle(message: Message<"trainingPuzzle">): void;
  onState(message: Message<"trainingState">): void;
  onSaved(message: Message<"saved">): void;
  /** The worker is gone, or says that the training failed. What was kept can be gone on from. */
  fail(sentence: string): void;
}

/** @param onTrained told when there is a trained model to think with, and when there is none any more */
export function createTrain(
  store: Store,
  send: (message: ToWorker) => void,
  onTrained: (model: State["train"] | undefined) => void,
): TrainPanel {
  const problem = byId("train-problem");
  const status = byId("train-state");
  const [start, pause, begin] = ["start", "pause", "begin"].map((id) => byId<HTMLButtonElement>(id)) as [
    HTMLButtonElement,
    HTMLButtonElement,
    HTMLButtonElement,
  ];
  const task = byId<HTMLSelectElement>("task");
  const seed = byId<HTMLInputElement>("train-seed");
  const board = createBoard({ label: "A held-out puzzle, as the model answers it now" });
  byId("train-board").append(board.root);
  const curves: Curves = createCurves();
  const live = createLiveSettings(
    store,
    (settings) => phase !== "idle" && send({ type: "changeTraining", settings }),
  );

  let phase: Phase = "idle";
  let ready: Message<"trainingReady"> | undefined;
  let last: Message<"trainingStep"> | undefined;
  let evaluations: Evaluated[] = [];
  let losses: [number, number][] = [];
  let kept: KeptTraining | undefined;
  let copiedAt = 0;
  let copy = 0;

  function begins(resume?: KeptTraining): void {
    const { train, trainSeed } = store.get();
    problem.textContent = "";
    phase = "starting";
    last = undefined;
    evaluations = [...(resume?.evaluations ?? [])];
    losses = [...(resume?.losses ?? [])].map(([step, loss]) => [step, loss]);
    copiedAt = resume?.training.seconds ?? 0;
    const settings = live.chosen();
    const request: StartTraining = { type: "startTraining", model: train, seed: trainSeed, settings };
    send(resume ? { ...request, resume: resume.training } : request);
    refresh();
  }

  function askCopy(): void {
    copiedAt = last?.seconds ?? copiedAt;
    send({ type: "saveTraining", id: ++copy });
  }

  start.addEventListener("click", () => begins(kept));
  begin.addEventListener("click", () => begins());
  pause.addEventListener("click", () => {
    if (phase === "paused") return send({ type: "resumeTraining" });
    send({ type: "pauseTraining" });
    askCopy();
  });
  task.addEventListener("change", () => {
    leave();
    store.set({ train: task.value as State["train"], rate: 0, ema: -1, depth: 0, latents: 2 });
  });
  seed.addEventListener("change", () => {
    if (seed.validity.valid && seed.value !== "") store.set({ trainSeed: seed.valueAsNumber });
    else seed.value = `${store.get().trainSeed}`;
  });
  byId("think-trained").addEventListener("click", () =>
    store.set({ tab: "think", model: "trained", puzzle: "", steps: 0, n: 0, T: 0 }),
  );

  /** Ends the training of a task, and keeps it. */
  function leave(): void {
    if (phase !== "idle") {
      if (ready) askCopy();
      send({ type: "stopTraining" });
    }
    phase = "idle";
    [last, ready, kept] = [undefined, undefined, undefined];
    byId("train-board").hidden = true;
    byId("train-caption").textContent = "";
    [evaluations, losses] = [[], []];
    onTrained(undefined);
  }

  async function look(): Promise<void> {
    const { train } = store.get();
    const found = await keptTraining(train);
    if (phase !== "idle" || store.get().train !== train) return;
    kept = found;
    evaluations = [...(found?.evaluations ?? [])];
    losses = [...(found?.losses ?? [])].map(([step, loss]) => [step, loss]);
    refresh();
  }

  function refresh(): void {
    const { train, trainSeed } = store.get();
    task.value = train;
    if (document.activeElement !== seed) seed.value = `${trainSeed}`;
    const busy = phase !== "idle";
    start.hidden = busy;
    start.textContent = kept ? `Go on from step ${kept.step}` : "Train from nothing";
    pause.disabled = phase !== "running" && phase !== "paused";
    pause.textContent = phase === "paused" ? "Go on" : "Pause";
    begin.disabled = !busy && !kept;
    byId<HTMLButtonElement>("think-trained").disabled = ready === undefined;
    live.show(train, ready);
    draw();
  }

  let drawn = false;
  function draw(): void {
    if (drawn) return;
    drawn = true;
    requestAnimationFrame(() => {
      drawn = false;
      curves.show(evaluations, losses);
      showFacts(last, ready, evaluations.at(-1), kept);
      status.textContent = sentence(phase, evaluations.at(-1), ready);
    });
  }

  const lookSoon = debounced(30, () => void look());
  store.onChange((state, before) => {
    if (state.train !== before.train) {
      if (phase !== "idle") leave();
      lookSoon();
    }
    live.follow(state, before);
    refresh();
  });
  void look();
  refresh();

  return {
    onReady(message) {
      ready = message;
      phase = "running";
      // A training that goes on has the settings that it was left with.
      store.set(choicesOf(message.settings, trainable[message.model].own));
      onTrained(message.model);
      refresh();
    },
    onStep(message) {
      last = message;
      losses.push([message.step, message.loss]);
      if (losses.length > 2000) losses = losses.filter((_, i) => i % 2 === 1);
      if (message.seconds - copiedAt >= SECONDS_PER_COPY) askCopy();
      draw();
    },
    onEvaluation({ step, live, averaged }) {
      evaluations.push({ step, live: live.solved, averaged: averaged.solved });
      draw();
    },
    onPuzzle({ step, question, solution, thoughts }) {
      const thought = thoughts.at(-1);
      const { kind } = trainable[store.get().train];
      if (!thought || question.length !== kind.empty.length) return;
      const wrong = [...solution.keys()].filter((cell) => thought.answer[cell] !== solution[cell]);
      byId("train-board").hidden = false;
      board.show({ kind, clues: question, answer: thought.answer, confidence: thought.confidence, wrong });
      const right =
        wrong.length === 0 ? "every cell is right" : `${wrong.length} of ${solution.length} cells are wrong`;
      byId("train-caption").textContent =
        `A puzzle that it never trains on, answered at training step ${step}: ${right}.`;
    },
    onState({ state }) {
      if (state === "stopped" && phase === "starting") return; // of the training before
      phase = state === "stopped" ? "idle" : state;
      refresh();
    },
    onSaved({ training }) {
      const { train } = store.get();
      const mine = training.model === train;
      const step = mine ? (losses.at(-1)?.[0] ?? 0) : stepOf(training);
      const copied = { training, step, evaluations: mine ? evaluations : [], losses: mine ? losses : [] };
      if (mine) kept = copied;
      void keepTraining(copied);
      refresh();
    },
    fail(sentence) {
      phase = "idle";
      ready = undefined;
      onTrained(undefined);
      const rest = kept
        ? ` What was trained until step ${kept.step} is kept: go on from there.`
        : " Nothing had been kept yet: begin anew.";
      problem.textContent = sentence + rest;
      refresh();
    },
  };
}

/** The step of a training that the page no longer follows. */
function stepOf(training: SavedTraining): number {
  const found = /"step":\s*(\d+)/.exec(training.host);
  return found ? Number(found[1]) : 0;
}

function sentence(
  phase: Phase,
  last: Evaluated | undefined,
  ready: Message<"trainingReady"> | undefined,
): string {
  if (phase === "idle") return "";
  if (phase === "starting") return "It makes its puzzles and its random weights …";
  const solved = last
    ? ` It solves ${percent(last.averaged)} of ${ready?.testPuzzles ?? ""} puzzles that it never trains on.`
    : " The first evaluation follows soon.";
  return (phase === "paused" ? "Paused." : "It learns.") + solved;
}

function showFacts(
  step: Message<"trainingStep"> | undefined,
  ready: Message<"trainingReady"> | undefined,
  last: Evaluated | undefined,
  kept: KeptTraining | undefined,
): void {
  const [at, seconds] = [step?.step ?? kept?.step, step?.seconds ?? kept?.training.seconds];
  const facts: readonly (readonly [string, string])[] = [
    ["step", at === undefined ? "–" : `${at}`],
    ["solved (average)", last ? percent(last.averaged) : "–"],
    ["seconds", seconds === undefined ? "–" : seconds.toFixed(1)],
    ["loss", step ? step.loss.toFixed(3) : "–"],
    ["rate now", step ? step.learningRate.toPrecision(2) : "–"],
    ["weights", ready ? ready.weights.toLocaleString("en") : "–"],
    ["threads", step ? `${step.threads}` : "–"],
  ];
  byId("facts").replaceChildren(
    ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

import { createClient } from "./client";
import { byId } from "./dom";
import { shipped, trainable } from "./models";
import { createStore, type State, type Tab, tabs } from "./state";
import { createThink } from "./think";
import { createTrain } from "./train";
import { createUnderstand } from "./understand";

const store = createStore();
/** The model that has been trained in this page, while its worker lives. */
let trained: State["train"] | undefined;

const thinker = createClient(
  {
    thought: (message) => think.onThought(message),
    thinkingDone: (message) => think.onDone(message),
    error: ({ message }) => think.fail(message),
    slow: ({ reason }) => sayslow(reason),
  },
  (reason) => think.fail(`The worker that thinks stopped: ${reason}. Change anything to start it again.`),
);
const trainer = createClient(
  {
    trainingReady: (message) => train.onReady(message),
    trainingStep: (message) => train.onStep(message),
    trainingEvaluation: (message) => train.onEvaluation(message),
    trainingPuzzle: (message) => train.onPuzzle(message),
    trainingState: (message) => train.onState(message),
    saved: (message) => train.onSaved(message),
    thought: (message) => think.onThought(message),
    thinkingDone: (message) => think.onDone(message),
    error: ({ of, message }) => (of === "think" ? think : train).fail(message),
    slow: ({ reason }) => sayslow(reason),
  },
  (reason) => train.fail(`The worker that trains stopped: ${reason}.`),
);

const think = createThink(
  store,
  ({ model }) => (model === "trained" ? trained && trainable[trained] : shipped[model]),
  (request) => (request.model === "trained" ? trainer : thinker).send(request),
);
const train = createTrain(
  store,
  (message) => trainer.send(message),
  (model) => {
    if (model === trained) return;
    trained = model;
    if (store.get().model === "trained") think.ask();
  },
);
const understand = createUnderstand(store, () => think.thinking());
think.onProgress(understand);

function sayslow(reason: string): void {
  const note = byId("slow");
  note.hidden = false;
  note.textContent = reason;
}

/** Tabs as the ARIA pattern has them: one stop of the Tab key, arrows between them. */
const tabButtons = tabs.map((tab) => byId<HTMLButtonElement>(`tab-${tab}`));
for (const [i, button] of tabButtons.entries()) {
  button.addEventListener("click", () => store.set({ tab: tabs[i] as Tab }));
  button.addEventListener("keydown", ({ key }) => {
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[key];
    if (to === undefined) return;
    const next = (to + tabs.length) % tabs.length;
    store.set({ tab: tabs[next] as Tab });
    tabButtons[next]?.focus();
  });
}
function showTab({ tab }: State): void {
  for (const [i, name] of tabs.entries()) {
    byId(name).hidden = name !== tab;
    tabButtons[i]?.setAttribute("aria-selected", `${name === tab}`);
    tabButtons[i]?.setAttribute("tabindex", name === tab ? "0" : "-1");
  }
}
store.onChange((state, before) => {
  if (state.tab !== before.tab) showTab(state);
});

showTab(store.get());
think.ask();
understand();

// Where the page may not have one (a file address, a private window), it works all the same, but only with a network.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("offline.js").catch(() => undefined);

import type { FromWorker, ThinkRequest, Thought } from "../protocol";
import { createBoard } from "./board";
import { byId, debounced, element, icon, percent } from "./dom";
import type { ModelFacts } from "./models";
import { createPlayer } from "./player";
import type { Kind } from "./puzzles";
import { asked, type State, type Store } from "./state";
import { createThinkSettings } from "./think-settings";
import type { Thinking } from "./understand";

type Message<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;

export interface ThinkPanel {
  onThought(message: Message<"thought">): void;
  onDone(message: Message<"thinkingDone">): void;
  /** Says in one sentence why there is no answer. */
  fail(sentence: string): void;
  /** Asks again: the worker or the trained model is another. */
  ask(): void;
  /** The question, and the answers of the chain on the board. */
  thinking(): Thinking | undefined;
  /** Calls back whenever {@link thinking} has changed. */
  onProgress(listener: () => void): void;
}

/** @param facts of the model that a state names; undefined where nothing has been trained yet */
export function createThink(
  store: Store,
  facts: (state: State) => ModelFacts | undefined,
  send: (request: ThinkRequest) => void,
): ThinkPanel {
  const problem = byId("problem");
  const verdict = byId("verdict");
  const section = byId("think");
  const text = byId<HTMLInputElement>("text");
  const settings = createThinkSettings(store);
  const board = createBoard({ label: "Puzzle", onEdit: (clues) => use(clues), onPaste: paste });
  byId("board").append(board.root);
  const player = createPlayer(show);

  let progress: () => void = () => undefined;
  let id = 0;
  let chains: Thought[][] = [];
  let chosen: number | undefined;
  let milliseconds = 0;

  const model = (): ModelFacts | undefined => facts(store.get());
  const question = (): Uint8Array => {
    const { kind, puzzles } = model()!;
    const read = kind.read(store.get().puzzle || puzzles[0]!);
    return "clues" in read ? read.clues : kind.empty;
  };
  const use = (clues: Uint8Array): void => {
    const puzzle = model()!.kind.line(clues);
    store.set({ puzzle });
    text.value = puzzle;
  };

  function paste(given: string): void {
    const facts = model();
    if (!facts) return;
    const read = facts.kind.read(given);
    if ("problem" in read) problem.textContent = read.problem;
    else use(read.clues);
  }

  /** The chain on the board: the reader's, else the one that believes most in its last answer. */
  const chainShown = (): number => {
    if (chosen !== undefined && chosen < chains.length) return chosen;
    const beliefs = chains.map((thoughts) => thoughts.at(-1)?.halting ?? 0);
    return Math.max(0, beliefs.indexOf(Math.max(...beliefs)));
  };

  function show(position: number): void {
    const facts = model();
    if (!facts) return;
    const { kind } = facts;
    const clues = question();
    const thoughts = chains[chainShown()] ?? [];
    const thought = thoughts[position - 1];
    const before = thoughts[position - 2];
    if (!thought) {
      board.show({ kind, clues, wrong: kind.clashing(clues) });
      return;
    }
    const z = store.get().read === "z";
    const answerOf = (of: Thought): Uint8Array => (z ? of.zAnswer : of.answer);
    const answer = answerOf(thought);
    const wrong = kind.broken(answer, clues);
    const changed = before
      ? [...answer.keys()].filter((cell) => answer[cell] !== answerOf(before)[cell])
      : [];
    board.show({
      kind,
      clues,
      answer,
      confidence: z ? thought.zConfidence : thought.confidence,
      wrong,
      changed,
    });
    const total = settings.numbers(facts).steps;
    const missing = kind.missing(answer, clues);
    const state =
      wrong.length > 0
        ? `${count(wrong.length, "cell")} break${wrong.length === 1 ? "s" : ""} a rule`
        : missing > 0
          ? `${count(missing, "cell")} missing`
          : "solved, every rule is kept";
    byId("at").textContent = `supervision step ${position} of ${total}`;
    const seconds = (milliseconds / 1000).toFixed(milliseconds < 1000 ? 2 : 1);
    const time = milliseconds > 0 ? ` All ${total} steps took ${seconds} s.` : "";
    verdict.textContent = `Step ${position}: ${state}. The halting head is ${percent(thought.halting)} sure that it is right.${time}`;
    verdict.classList.toggle("solved", wrong.length === 0 && missing === 0);
  }

  function refresh(): void {
    const facts = model();
    if (!facts) return;
    const clues = question();
    const marks = (chains[chainShown()] ?? []).map(({ answer, halting }) => ({
      belief: halting,
      solved: solves(facts, answer, clues),
    }));
    player.marks(marks, settings.numbers(facts).steps);
    showChains(facts);
    progress();
  }

  // Steps come faster than they can be seen.
  let due = false;
  function refreshSoon(): void {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      refresh();
    });
  }

  function showChains(facts: ModelFacts): void {
    const list = byId("chain-list");
    list.hidden = store.get().chains === 1;
    if (list.hidden) return;
    const clues = question();
    const shown = chainShown();
    while (list.childElementCount > chains.length) list.lastElementChild?.remove();
    for (const [chain, thoughts] of chains.entries()) {
      // A button stays the same element, so that it keeps the keyboard.
      const button =
        list.children[chain] ??
        list.appendChild(element("button", { class: "plain", onclick: () => choose(chain) }));
      const last = thoughts.at(-1);
      const solved = last && solves(facts, last.answer, clues);
      button.setAttribute("aria-pressed", `${chain === shown}`);
      button.textContent = `chain ${chain + 1}: ${percent(last?.halting ?? 0)} sure, ${solved ? "solved" : "not solved"}`;
    }
  }
  const choose = (chain: number): void => {
    chosen = chain;
    refresh();
  };

  /** Ends the thinking so far: answers to another question, perhaps of another size, are of no more use. */
  function forget(): void {
    delete section.dataset.answered;
    id += 1;
    chains = [];
    chosen = undefined;
    milliseconds = 0;
  }

  function ask(): void {
    const state = store.get();
    const facts = model();
    forget();
    if (!facts) {
      verdict.textContent = "";
      problem.textContent =
        state.model === "trained"
          ? "Nothing has been trained in this page yet: open Train, or choose another model."
          : `This page comes without the weights of ${state.model}: choose another model.`;
      return;
    }
    const { kind } = facts;
    const clues = question();
    const unclear = state.puzzle ? kind.read(state.puzzle) : undefined;
    const sentence = unclear && "problem" in unclear ? unclear.problem : kind.problem(clues);
    problem.textContent = sentence ?? "";
    verdict.textContent = "";
    verdict.classList.remove("solved");
    player.restart();
    refresh();
    if ((unclear && "problem" in unclear) || !kind.askable(clues)) return;
    verdict.textContent = "It thinks …";
    send(settings.request(id, facts, clues));
  }

  const askSoon = debounced(120, ask);
  store.onChange((state, before) => {
    settings.show(model());
    fillPuzzles();
    if (asked.some((name) => state[name] !== before[name])) {
      forget();
      show(0);
      askSoon();
    } else if (state.read !== before.read) show(player.position());
  });

  const list = byId<HTMLSelectElement>("puzzles");
  function fillPuzzles(): void {
    const facts = model();
    const { puzzle } = store.get();
    const puzzles = facts?.puzzles ?? [];
    const current = puzzle || puzzles[0] || "";
    const own = puzzles.includes(current) ? [] : [element("option", { value: current }, "your own")];
    const named = facts
      ? puzzles.map((line) => element("option", { value: line }, facts.kind.describe(line)))
      : [];
    const more = [
      element("option", { value: "random" }, "a new random one"),
      element("option", { value: "empty" }, "an empty board"),
    ];
    list.replaceChildren(...own, ...named, ...more);
    list.value = current;
    if (document.activeElement !== text) text.value = current;
  }
  list.addEventListener("change", () => {
    const facts = model();
    if (!facts) return;
    const { kind } = facts;
    if (list.value === "empty") use(kind.empty);
    else paste(list.value === "random" ? kind.random() : list.value);
  });
  byId("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    paste(text.value);
  });
  fillPad(board.write, () => model()?.kind, store);

  settings.show(model());
  fillPuzzles();
  return {
    onThought({ id: of, chain, thought }) {
      if (of !== id) return;
      chains[chain] ??= [];
      chains[chain][thought.step - 1] = thought;
      refreshSoon();
    },
    onDone({ id: of, stopped, milliseconds: spent }) {
      if (of !== id || stopped) return;
      milliseconds = spent;
      refresh();
      section.dataset.answered = model()!.kind.line(question());
      show(player.position());
    },
    fail(sentence) {
      problem.textContent = sentence;
      verdict.textContent = "";
    },
    ask,
    thinking() {
      const facts = model();
      if (!facts) return undefined;
      const thoughts = chains[chainShown()] ?? [];
      return { kind: facts.kind, clues: question(), thoughts, depth: settings.numbers(facts) };
    },
    onProgress(listener) {
      progress = listener;
    },
  };
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

const solves = ({ kind }: ModelFacts, answer: Uint8Array, clues: Uint8Array): boolean =>
  kind.broken(answer, clues).length === 0 && kind.missing(answer, clues) === 0;

/** Buttons for those who have no keys: one for each symbol, and one that clears. */
function fillPad(write: (value: number) => void, kind: () => Kind | undefined, store: Store): void {
  const pad = byId("pad");
  let filledFor: Kind | undefined;
  const fill = (): void => {
    const now = kind();
    if (!now || now === filledFor) return;
    filledFor = now;
    pad.replaceChildren(
      ...now.symbols.map(({ value, text }) =>
        element(
          "button",
          { class: "plain", "aria-label": text || "Clear the cell", onclick: () => write(value) },
          text || icon("clear"),
        ),
      ),
    );
  };
  store.onChange(fill);
  fill();
}

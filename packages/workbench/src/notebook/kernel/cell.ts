import { AsyncLocalStorage } from "node:async_hooks";

/** Adds the lines of cells in `here` to the stack of an error that passes there. */
function addCellFrames(error: Error, here: { readonly stack?: string }): void {
  const known = error.stack ?? "";
  const frames = (here.stack ?? "").split("\n").filter((line) => /\bcell \d+, line \d+/.test(line));
  const added = frames.filter((frame) => !known.includes(frame.trim().replace(/^at /, "")));
  if (added.length > 0) error.stack = [known, ...added].join("\n");
}

/** Thrown where a cell waits when the reader interrupts it. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("the cell was interrupted");
  }
}

/** Milliseconds that an interrupted cell has for its `finally`. */
const grace = 500;

/** One execution of a cell: where its outputs go, and what it waits for. */
export class Cell {
  private isInterrupted = false;
  private readonly pending = new Set<() => void>();
  private readonly timers = new Set<NodeJS.Timeout | NodeJS.Immediate>();
  private giveUp: (() => void) | undefined;

  /**
   * @param number as in `In [3]`
   * @param publish sends an output
   */
  constructor(
    readonly number: number,
    readonly publish: (type: string, content: object) => void,
  ) {}

  /** Ends what the cell started: where its code waits an error is thrown, now and from now on, and its timers are gone. */
  interrupt(): void {
    this.isInterrupted = true;
    for (const timer of this.timers) {
      if ("hasRef" in timer && "refresh" in timer) clearTimeout(timer);
      else clearImmediate(timer as NodeJS.Immediate);
    }
    this.timers.clear();
    for (const end of this.pending) end();
    setTimeout(() => this.giveUp?.(), grace);
  }

  /** Waits for the whole cell: after an interrupt for a moment only. */
  async whole(result: unknown): Promise<void> {
    const givenUp = new Promise<never>((_, reject) => {
      this.giveUp = () => reject(new Interrupted());
    });
    await Promise.race([result, givenUp]);
  }

  /** Waits as `await` does, until the cell is interrupted. */
  wait<T>(value: T): Promise<Awaited<T>> {
    if (this.isInterrupted) throw new Interrupted();
    const here: { stack?: string } = {};
    Error.captureStackTrace(here, wait);
    return new Promise((resolve, reject) => {
      const fail = (reason: unknown) => {
        this.pending.delete(interrupt);
        // V8 knows who awaits only where no promise stands between.
        if (reason instanceof Error) addCellFrames(reason, here);
        reject(reason);
      };
      const interrupt = () => fail(new Interrupted());
      this.pending.add(interrupt);
      Promise.resolve(value).then((result) => {
        this.pending.delete(interrupt);
        resolve(result);
      }, fail);
    });
  }

  /** A function such as `setTimeout` whose timers end with the cell. */
  timing<F extends (...args: never[]) => NodeJS.Timeout | NodeJS.Immediate>(start: F, isOnce: boolean): F {
    const started = ((callback: (...args: unknown[]) => void, ...args: unknown[]) => {
      const run = (...values: unknown[]) => {
        if (isOnce) this.timers.delete(timer);
        callback(...values);
      };
      const timer = (start as unknown as (...all: unknown[]) => NodeJS.Timeout)(run, ...args);
      if (this.isInterrupted) clearTimeout(timer);
      else this.timers.add(timer);
      return timer;
    }) as unknown as F;
    return Object.assign(started, start);
  }
}

/** The cell whose code runs now, in callbacks and after every `await` too. */
export const currentCell = new AsyncLocalStorage<Cell>();

/** Milliseconds without a turn of the event loop, after which a loop of `await`s has to let messages and interrupts in. */
const breath = 50;
let breathedAt = 0;

/** What `await value` in a cell becomes: it ends when the cell is interrupted. */
export function wait<T>(value: T): Promise<Awaited<T>> | T {
  const cell = currentCell.getStore();
  const now = performance.now();
  if (now - breathedAt > breath) {
    breathedAt = now;
    // A promise that fails during the turn is not unhandled: the turn ends as it does.
    Promise.resolve(value).catch(() => {});
    const turn = new Promise<void>((resolve) => setImmediate(resolve)).then(() => value);
    return (cell ? cell.wait(turn) : turn) as Promise<Awaited<T>>;
  }
  return cell ? cell.wait(value) : value;
}

/** What `for await (const x of items)` runs through. */
export async function* waitEach<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = (await wait(iterator.next())) as IteratorResult<T>;
      if (next.done) {
        isDone = true;
        return;
      }
      yield next.value;
    }
  } finally {
    if (!isDone) await iterator.return?.();
  }
}

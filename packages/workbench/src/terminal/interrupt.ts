import { currentCell, inNotebook } from "./tslab";

/** The signal that waits for an interrupt, and the cell that waits (in a terminal: the process). */
let waiting: { readonly controller: AbortController; readonly cell: unknown } | undefined;
let isInstalled = false;

/**
 * A signal for long loops: it aborts when the reader interrupts the running cell (or presses Ctrl-C in a terminal). The
 * loop then ends after its current step, the cell ends as usual, and all state is kept. A second interrupt ends the cell,
 * or the process, at once.
 *
 * The loop has to let interrupts through between its steps: `await new Promise(setImmediate)`.
 *
 * @example
 * const interrupted = onInterrupt();
 * for (let step = 0; step < 3 && !interrupted.aborted; step++) console.log(step);
 */
export function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  waiting = { controller, cell: currentCell() };
  // Not at once: while a cell's synchronous part runs, Node takes all interrupt handlers away and restores those that were
  // there before, and a handler set in between would end up with none at all.
  if (!isInstalled) setImmediate(install);
  isInstalled = true;
  return controller.signal;
}

/** What ends a cell whose work was stopped by the reader, so that the cells after it do not run. It has no stack of ours. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  constructor(message: string) {
    super(message);
    this.stack = `Stopped: ${message}`;
  }
}

function install(): void {
  // tslab's own handler ends the cell with an error while its work goes on unseen: it only comes second.
  const others = process.rawListeners("SIGINT") as NodeJS.SignalsListener[];
  process.removeAllListeners("SIGINT");
  process.on("SIGINT", (signal) => {
    if (waiting && !waiting.controller.signal.aborted && waiting.cell === currentCell()) {
      console.error(`Stopping after this step; interrupt again to stop at once.`);
      waiting.controller.abort();
      return;
    }
    for (const listener of others) listener.call(process, signal);
    // The default effect of Ctrl-C.
    if (others.length === 0 && !inNotebook()) process.exit(130);
  });
}

/** Functions that are being compiled, for progress bars. */
import type { Steps } from "./steps";

/** A function that a compiler of the machine or of the device is at work on. */
export interface Compiling {
  /** The function's name. */
  readonly name: string;
  /** The compiler, such as `cc (Debian 12.2.0) 12.2.0`, or the device that it belongs to. */
  readonly compiler: string;
}

type Listener = (running: readonly Compiling[]) => void;

const listeners = new Set<Listener>();
const running = new Set<Compiling>();

/**
 * Calls `listener` with all functions that are being compiled, whenever that changes; at the end with none. Programs from a cache
 * are not reported.
 *
 * @returns ends the calls
 * @example
 * const stop = onCompiling((running) => console.log(running.map(({ name }) => name).join(", ") || "compiled"));
 */
export function onCompiling(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Does the work and reports it to the listeners. */
export function* announced<R>(what: Compiling, work: Steps<R>): Steps<R> {
  running.add(what);
  tell();
  try {
    return yield* work;
  } finally {
    running.delete(what);
    tell();
  }
}

function tell(): void {
  for (const listener of listeners) listener([...running]);
}

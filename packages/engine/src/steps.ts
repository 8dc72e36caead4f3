/** Work that is written once and done either at once or while the event loop goes on. */

/** A part of such work. */
export interface Step<R> {
  now(): R;
  /** The same while the event loop goes on. It ends early when the signal aborts; its result is then not used. */
  later(signal: AbortSignal): Promise<R>;
}

/** Work as a generator: it yields its slow steps and gets their results back. */
export type Steps<R> = Generator<Step<unknown>, R, unknown>;

/** One step, for `yield*`. */
export function* step<R>(one: Step<R>): Steps<R> {
  return (yield one) as R;
}

/** Does all steps at once. */
export function runNow<R>(steps: Steps<R>): R {
  let next = steps.next();
  while (!next.done) {
    let result: unknown;
    try {
      result = next.value.now();
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(result);
  }
  return next.value;
}

/**
 * Does the steps one after the other while the event loop goes on; what comes before the first step is done at once.
 *
 * @throws the signal's reason when it aborts. The work's `finally` blocks then run, but no `catch` block.
 */
export async function runLater<R>(steps: Steps<R>, signal: AbortSignal): Promise<R> {
  let next = steps.next();
  while (!next.done) {
    let result: unknown;
    let failure: { error: unknown } | undefined;
    try {
      signal.throwIfAborted();
      result = await next.value.later(signal);
    } catch (error) {
      failure = { error };
    }
    if (signal.aborted) {
      steps.return(undefined as R);
      throw signal.reason;
    }
    next = failure === undefined ? steps.next(result) : steps.throw(failure.error);
  }
  return next.value;
}

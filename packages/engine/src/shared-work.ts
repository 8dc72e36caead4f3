/** Work that several callers wait for. It is aborted when the last of them aborts. */
export class SharedWork<R> {
  private readonly controller = new AbortController();
  private readonly result: Promise<R>;
  private waiting = 0;

  constructor(start: (signal: AbortSignal) => Promise<R>) {
    this.result = start(this.controller.signal);
  }

  /** True if all callers have given it up: the next caller starts it again. */
  get isAborted(): boolean {
    return this.controller.signal.aborted;
  }

  /** The result. @throws the signal's reason when it aborts; the last caller to leave waits until the work has been cleaned up */
  async wait(signal?: AbortSignal): Promise<R> {
    this.waiting++;
    try {
      return await unlessAborted(this.result, signal);
    } catch (error) {
      if (this.waiting === 1 && signal?.aborted) {
        this.controller.abort(signal.reason);
        await this.result.catch(() => {});
      }
      throw error;
    } finally {
      this.waiting--;
    }
  }
}

function unlessAborted<R>(work: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

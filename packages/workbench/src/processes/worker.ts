import { PassThrough } from "node:stream";
import { sentenceOf } from "../files";

/** Work for a process of its own. Requests and messages are plain data, as `structuredClone` takes it. */
export interface Worker<Request, Message> {
  readonly name: string;
  /** The file that exports it. */
  readonly file: string;
  work(parent: Parent<Request, Message>): Promise<void>;
}

/** The process that started a worker, as the worker sees it. */
export interface Parent<Request, Message> {
  /** Its requests, in order. They end when it closes the channel, or is gone. */
  readonly requests: AsyncIterator<Request, undefined>;
  /** Aborts when it asks to stop, or is gone. */
  readonly signal: AbortSignal;
  /** Tells it something. A parent that is gone is not an error. */
  tell(message: Message): Promise<void>;
}

/** A message to a worker. */
export type ToWorker<Request> = { readonly request: Request } | { readonly stop: true };

/** A message from a worker. */
export type FromWorker<Message> = { readonly message: Message } | { readonly error: string };

/** Does a worker's work in this process, and sends the error where it fails. */
export async function serve<Request, Message>(worker: Worker<Request, Message>): Promise<void> {
  if (process.send === undefined) {
    console.error(`${worker.name} is started by this project's programs, not by hand`);
    process.exitCode = 1;
    return;
  }
  const requests = new PassThrough({ objectMode: true });
  const controller = new AbortController();
  process.on("message", (sent: ToWorker<Request>) => {
    if ("stop" in sent) controller.abort();
    else requests.write(sent.request);
  });
  process.once("disconnect", () => {
    controller.abort();
    requests.end();
  });
  // Without a parent nobody reads them; that must not end a run before its checkpoint.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    await worker.work({
      requests: requests[Symbol.asyncIterator](),
      signal: controller.signal,
      tell: (message) => send<Message>({ message }),
    });
  } catch (error) {
    if (process.env.TRM_DEBUG) console.error((error as Error).stack);
    await send<Message>({ error: sentenceOf(error) });
    process.exitCode = 1;
  } finally {
    if (process.connected) process.disconnect();
  }
}

function send<Message>(sent: FromWorker<Message>): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(sent, undefined, undefined, () => resolve());
    else resolve();
  });
}

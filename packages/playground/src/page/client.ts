import type { FromWorker, ToWorker } from "../protocol";
import { createWatch, MOST_SILENT_TICKS } from "./watch";

type Message<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;
type Handlers = { readonly [Type in FromWorker["type"]]?: (message: Message<Type>) => void };

/** A worker of the page. One that dies, or that says nothing for too long, is replaced when the next message is sent. */
export interface Client {
  send(message: ToWorker): void;
  /** Ends it; the next message starts another. */
  end(): void;
}

/**
 * @param handlers what to do with its messages
 * @param onDeath told why it died, in words that follow "The worker stopped:"
 */
export function createClient(handlers: Handlers, onDeath: (reason: string) => void): Client {
  let worker: Worker | undefined;
  let watch = createWatch();
  let ticking: ReturnType<typeof setInterval> | undefined;

  const end = (): void => {
    clearInterval(ticking);
    worker?.terminate();
    worker = undefined;
  };

  const start = (): Worker => {
    const started = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
    const die = (reason: string): void => {
      if (worker !== started) return;
      end();
      onDeath(reason);
    };
    started.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (worker !== started) return;
      watch.received(data);
      if (data.type === "error" && data.of === "worker") die(data.message);
      else (handlers[data.type] as ((message: FromWorker) => void) | undefined)?.(data);
    };
    started.onerror = (event) => {
      event.preventDefault();
      die(event.message || "its program did not load");
    };
    started.onmessageerror = () => die("its message could not be read");
    watch = createWatch();
    ticking = setInterval(() => {
      if (watch.tick()) die(`it has said nothing for ${MOST_SILENT_TICKS} seconds`);
    }, 1000);
    return started;
  };

  return {
    send(message) {
      worker ??= start();
      watch.sent(message);
      worker.postMessage(message);
    },
    end,
  };
}

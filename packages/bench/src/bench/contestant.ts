import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { startWorker } from "trm-workbench/processes";
import { contestantWorker, type Preparation } from "./worker";

/** Times of some steps. */
export interface Measured {
  readonly millisecondsPerStep: readonly number[];
  /** The most memory that the process had resident so far. */
  readonly peakMemoryBytes: number;
}

/** A process that keeps something ready to be timed. */
export interface Contestant {
  /** Its message when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Sends a request and waits for the answer. @throws Error with the end of what the process wrote to stderr */
  ask(request: object): Promise<Readonly<Record<string, unknown>>>;
  /** Lets it end. */
  close(): Promise<void>;
}

/** Starts a contestant of ours and waits until it is ready. @throws Error with what went wrong in its process */
export async function startOurs(prepare: Preparation, env?: NodeJS.ProcessEnv): Promise<Contestant> {
  const worker = startWorker(contestantWorker, { env });
  worker.send({ prepare });
  try {
    return {
      ready: await worker.next(),
      ask(request) {
        worker.send(request);
        return worker.next();
      },
      close: worker.close,
    };
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/**
 * Starts a peer, which answers a line of JSON by another, and waits until it is ready. It ends when its stdin does, so also
 * when this process is killed.
 * @throws Error with the end of what the process wrote to stderr, when it ends before it is ready
 */
export async function startPeer(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Contestant> {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  // A request to a process that has ended fails by the missing answer, which says more.
  child.stdin.on("error", () => {});
  const ended = new Promise<number | string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code ?? String(signal)));
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async () => {
    const line = await lines.next();
    if (!line.done) return JSON.parse(line.value);
    throw new Error(`${command} ended with ${await ended}: ${errors.trim()}`);
  };
  return {
    ready: await answer(),
    ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Asks for the times of some steps. */
export async function measure(contestant: Contestant, steps: number): Promise<Measured> {
  return (await contestant.ask({ steps })) as unknown as Measured;
}

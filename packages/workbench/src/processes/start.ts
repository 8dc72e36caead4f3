import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { type FromWorker, serve, type ToWorker, type Worker } from "./worker";

/** Options for starting a worker. */
export interface WorkerOptions {
  /** @default this process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets every line that the process writes for people. */
  readonly onLine?: (line: string) => void;
}

/** A worker's process, as the process that started it sees it. */
export interface RunningWorker<Request, Message> {
  send(request: Request): void;
  /** Its next message. @throws Error with what it failed of, or how its process ended and the end of what that wrote */
  next(): Promise<Message>;
  /** Asks it to stop: what it has done so far is kept, if it can be. */
  stop(): void;
  /** Ends its process at once. */
  kill(): void;
  /** Closes the channel, and waits until the process has ended. */
  close(): Promise<void>;
}

/** The file that stands for the files of these workers. */
let host: { readonly file: string; readonly names: readonly string[] } | undefined;

/**
 * Makes `file`, this process's program, the one that starts these workers. The bundle needs it: it has no other file beside it.
 * @returns whether this process is one of the workers, which then runs
 */
export function hostWorkers(file: string, workers: readonly Worker<unknown, unknown>[]): boolean {
  host = { file, names: workers.map(({ name }) => name) };
  const asked = workers.find(({ name }) => name === process.argv[2]);
  if (asked) serve(asked);
  return asked !== undefined;
}

const running = new Set<ChildProcess>();

/**
 * Starts a worker in a process of its own. The channel between the two tells it when this process is gone, whatever ended it.
 * @example no-run
 * const worker = startWorker(trainingWorker);
 * worker.send({ folder: "runs/first" });
 * console.log(await worker.next()); // { event: "start", totalSteps: 1000 }
 */
export function startWorker<Request, Message>(
  { name, file }: Pick<Worker<Request, Message>, "name" | "file" | "work">,
  { env = process.env, onLine }: WorkerOptions = {},
): RunningWorker<Request, Message> {
  const launch = join(__dirname, `launch${extname(__filename)}`);
  const program = host?.names.includes(name) ? [host.file, name] : [launch, file, name];
  const child = spawn(process.execPath, [...process.execArgv, ...program], {
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Keeps NaN, undefined and typed arrays.
    serialization: "advanced",
    // A terminal sends Ctrl-C to its whole process group; workers are stopped by this process instead.
    detached: process.platform !== "win32",
  });
  endWithThisProcess(child);
  const written = linesOf(child, onLine);
  const inbox = new PassThrough({ objectMode: true });
  child.on("message", (sent) => inbox.write(sent));
  const ended = endOf(child).catch((error: Error) => `could not start: ${error.message}`);
  ended.then(() => inbox.end());
  const messages = inbox[Symbol.asyncIterator]() as AsyncIterator<FromWorker<Message>, undefined>;
  // A request to a process that has ended fails by the missing answer, which says more.
  const send = (sent: ToWorker<Request>) => child.connected && child.send(sent as object, () => {});
  return {
    send: (request) => void send({ request }),
    async next() {
      const { value } = await messages.next();
      if (value === undefined) throw new Error([`its process ${await ended}`, ...written()].join(": "));
      if ("error" in value) throw new Error(value.error);
      return value.message;
    },
    stop: () => void send({ stop: true }),
    kill: () => void child.kill("SIGKILL"),
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Says how a process ended, when all that it sent and wrote is here. Node has no event for that once the channel is closed. */
async function endOf(child: ChildProcess): Promise<string> {
  const closed = [child, child.stdout!, child.stderr!].map(
    (source) => new Promise((resolve) => source.once(source === child ? "disconnect" : "close", resolve)),
  );
  const [code, signal] = await once(child, "exit");
  await Promise.all(closed);
  return `ended with ${code ?? signal}`;
}

function endWithThisProcess(child: ChildProcess): void {
  if (running.size === 0) process.on("exit", endAll);
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", endAll);
  });
}

function endAll(): void {
  for (const child of running) child.kill();
}

/** Hands on the lines of a process. @returns the last of them, for an error, where nobody else gets them */
function linesOf({ stdout, stderr }: ChildProcess, onLine?: (line: string) => void): () => string[] {
  const last: string[] = [];
  for (const stream of [stdout, stderr]) {
    createInterface(stream!).on("line", (line) => {
      if (!line.trim()) return;
      if (onLine) onLine(line);
      else last.splice(0, Math.max(0, last.push(line) - 20));
    });
  }
  return () => (last.length > 0 ? [last.join("\n")] : []);
}

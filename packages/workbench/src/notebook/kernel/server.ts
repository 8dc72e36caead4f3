import { readFileSync } from "node:fs";
import type { Router } from "zeromq";
import { Cell } from "./cell";
import type { Failure } from "./errors";
import { messageFrames, parseRequest, type Request } from "./messages";
import { redirectOutput } from "./output";
import { type Connection, openSockets } from "./sockets";

/** What a kernel can do with code. */
export interface Language {
  readonly info: object;
  /** Runs a cell. The error that ends it is a result, not thrown. */
  execute(code: string, cell: Cell): Promise<Failure | undefined>;
  complete(code: string, position: number): { matches: string[]; cursor_start: number; cursor_end: number };
  /** What there is to say about the name at a position. */
  inspect(code: string, position: number): string | undefined;
  isComplete(code: string): { status: "complete" | "incomplete"; indent?: string };
  close(): void;
}

/** Milliseconds of silence, after which all that was sent before an error became known has been read. */
const silence = 20;

/**
 * Serves Jupyter's protocol 5.3. Cells run one after the other. Everything else is answered at once, while a cell waits
 * too, and the status stays "busy" as long as a cell runs or is queued.
 */
export async function serve(configPath: string, language: Language): Promise<void> {
  const connection: Connection = JSON.parse(readFileSync(configPath, "utf8"));
  const { key } = connection;
  const queue: Request[] = [];
  const history: [session: number, line: number, source: string][] = [];
  const output = redirectOutput();
  let running: { readonly request: Request; readonly cell: Cell } | undefined;
  let executed = 0;
  let heardAt = 0;

  const reply = (request: Request, type: string, content: object) =>
    void request.socket.send(messageFrames(key, request, type, content));
  const publish = (request: Request, type: string, content: object) => {
    const [, ...frames] = messageFrames(key, { ...request, identities: [Buffer.from(type)] }, type, content);
    void sockets.iopub.send([type, ...frames]);
  };
  const status = (request: Request, state: "busy" | "idle") =>
    publish(request, "status", { execution_state: state });

  const execute = async (request: Request) => {
    const { code = "", silent = false, store_history = !silent, stop_on_error = true } = request.content;
    const source = String(code);
    status(request, "busy");
    if (store_history) executed++;
    const cell = new Cell(executed, (type, content) => {
      if (type !== "stream") output.flush();
      publish(request, type, content);
    });
    running = { request, cell };
    if (!silent) cell.publish("execute_input", { code: source, execution_count: executed });
    if (store_history) history.push([0, executed, source]);
    output.begin(cell);
    const failure = await language.execute(source, cell);
    if (failure) {
      cell.publish("error", failure);
      // What was sent before the sender knew of the error.
      do await new Promise((resolve) => setTimeout(resolve, silence));
      while (performance.now() - heardAt < silence);
    }
    output.end();
    const aborted = failure && stop_on_error ? queue.splice(0) : [];
    const rest = failure ? { status: "error", ...failure } : { status: "ok", user_expressions: {} };
    reply(request, "execute_reply", { execution_count: executed, payload: [], ...rest });
    status(request, "idle");
    for (const request of aborted) {
      status(request, "busy");
      reply(request, "execute_reply", { status: "aborted", execution_count: executed });
      status(request, "idle");
    }
    running = undefined;
  };

  let isAtWork = false;
  const work = async () => {
    if (isAtWork) return;
    isAtWork = true;
    for (let request = queue.shift(); request; request = queue.shift()) await execute(request);
    isAtWork = false;
  };

  const place = ({ content }: Request) => {
    const code = String(content.code ?? "");
    // Jupyter counts characters, JavaScript counts UTF-16 units.
    const position = [...code].slice(0, Number(content.cursor_pos ?? code.length)).join("").length;
    const count = (units: number) => [...code.slice(0, units)].length;
    return { code, position, count };
  };

  const answers: Record<string, (request: Request) => object> = {
    kernel_info: () => language.info,
    is_complete: ({ content }) => language.isComplete(String(content.code)),
    inspect: (request) => {
      const { code, position } = place(request);
      const text = language.inspect(code, position);
      return {
        status: "ok",
        found: text !== undefined,
        data: text === undefined ? {} : { "text/plain": text },
        metadata: {},
      };
    },
    complete: (request) => {
      const { code, position, count } = place(request);
      const { matches, cursor_start, cursor_end } = language.complete(code, position);
      return {
        status: "ok",
        matches,
        cursor_start: count(cursor_start),
        cursor_end: count(cursor_end),
        metadata: {},
      };
    },
    history: ({ content: { hist_access_type: kind, n, start = 1, stop, pattern = "*" } }) => {
      const glob = String(pattern)
        .replace(/[\\^$+.()|{}[\]]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".");
      const chosen =
        kind === "range"
          ? history.filter(([, line]) => line >= Number(start) && line < Number(stop ?? Infinity))
          : history.filter(([, , source]) => kind !== "search" || new RegExp(`^${glob}$`, "s").test(source));
      return {
        status: "ok",
        history: n === undefined || kind === "range" ? chosen : chosen.slice(-Number(n)),
      };
    },
    comm_info: () => ({ status: "ok", comms: {} }),
    interrupt: () => {
      process.emit("SIGINT", "SIGINT");
      return { status: "ok" };
    },
    shutdown: ({ content }) => {
      // The answer needs a moment to leave.
      setTimeout(() => process.exit(0), 100);
      language.close();
      return { status: "ok", restart: content.restart ?? false };
    },
  };

  const receive = (socket: Router, frames: readonly Buffer[]) => {
    heardAt = performance.now();
    const request = parseRequest(key, socket, frames);
    const [, type, isRequest] = /^(.*?)(_request)?$/.exec(request.header.msg_type)!;
    if (type === "execute") {
      queue.push(request);
      void work();
      return;
    }
    // Messages that want no answer: comm_open, comm_msg, comm_close.
    if (!isRequest) return;
    status(request, "busy");
    const answer = answers[type];
    try {
      reply(
        request,
        `${type}_reply`,
        answer ? answer(request) : { status: "error", ename: "NotSupported", evalue: type, traceback: [] },
      );
    } catch (error) {
      const { name, message } = error as Error;
      reply(request, `${type}_reply`, { status: "error", ename: name, evalue: message, traceback: [] });
    }
    status(request, "idle");
    if (running) status(running.request, "busy");
  };

  const sockets = await openSockets(connection, (socket, frames) => {
    try {
      receive(socket, frames);
    } catch (error) {
      console.error("a message was not understood:", error);
    }
  });

  process.on("SIGINT", () => running?.cell.interrupt());
}

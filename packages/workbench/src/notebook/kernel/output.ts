import { StringDecoder } from "node:string_decoder";
import { type Cell, currentCell } from "./cell";

type StreamName = "stdout" | "stderr";

/** So many texts are sent at once in an interval (milliseconds). More are gathered: a flood of lines is a few messages. */
const atOnce = 20;
const interval = 50;

/** Where the text of standard output and standard error goes. */
export interface Output {
  /** From now on text without a cell of its own belongs to this one. */
  begin(cell: Cell): void;
  end(): void;
  /** Sends what was gathered: before any other message of a cell, so that order is kept. */
  flush(): void;
}

/**
 * Sends all that this process prints to the cell that printed it. While another cell runs, late text goes there and is
 * marked, for a front end that waits for that cell alone would not see it elsewhere.
 */
export function redirectOutput(): Output {
  let running: Cell | undefined;
  let last: Cell | undefined;
  let gathered: { readonly cell: Cell; readonly name: StreamName; text: string } | undefined;
  let sentAt = 0;
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  /** Cells whose late text ended inside a line. */
  const insideLine = new Set<Cell>();

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!gathered) return;
    const { cell, name, text } = gathered;
    gathered = undefined;
    sentAt = performance.now();
    cell.publish("stream", { name, text });
  };

  const marked = (cell: Cell, text: string): string => {
    const mark = `[from cell ${cell.number}] `;
    const rest = text.replace(/\n(?=.)/gs, `\n${mark}`);
    const result = insideLine.has(cell) ? rest : mark + rest;
    if (text.endsWith("\n")) insideLine.delete(cell);
    else insideLine.add(cell);
    return result;
  };

  const write = (name: StreamName, text: string): void => {
    const origin = currentCell.getStore() ?? last;
    const cell = running ?? origin;
    if (!text || !origin || !cell) return;
    const shown = cell === origin ? text : marked(origin, text);
    if (gathered?.cell !== cell || gathered.name !== name) flush();
    gathered ??= { cell, name, text: "" };
    gathered.text += shown;
    // Measured too, for a cell that never waits lets no timer run.
    const isNew = performance.now() - sentAt > interval;
    sent = isNew ? 0 : sent + 1;
    if (isNew || sent < atOnce) flush();
    else timer ??= setTimeout(flush, interval);
  };

  const redirect = (name: StreamName) => {
    const decoder = new StringDecoder();
    process[name].write = ((
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | (() => void),
      done?: () => void,
    ) => {
      write(name, typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)));
      const callback = typeof encoding === "function" ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    }) as NodeJS.WriteStream["write"];
  };

  let isRedirected = false;
  process.on("exit", flush);
  return {
    begin(cell) {
      if (!isRedirected) {
        redirect("stdout");
        redirect("stderr");
        isRedirected = true;
      }
      flush();
      running = cell;
      last = cell;
      insideLine.clear();
    },
    end() {
      flush();
      running = undefined;
    },
    flush,
  };
}

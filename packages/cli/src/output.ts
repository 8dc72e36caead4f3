import { type Progress, progress } from "trm-workbench/terminal";

/** Ends a command: one JSON object alone on stdout, or a summary for people. */
export function finish(json: boolean | undefined, result: object, summary: () => string): void {
  // A mean over nothing is NaN, which JSON writes as null.
  process.stdout.write(`${json ? JSON.stringify(result) : summary()}\n`);
}

/** A bar that appears when the total is known, for work that holds the event loop. */
export function progressOf(label: string, unit: string) {
  let bar: Progress | undefined;
  return {
    update(done: number, total: number) {
      bar ??= progress(total, { label, unit });
      bar.update(done);
    },
    done: () => bar?.done(),
  };
}

/** Something the reader has to mend; its message is one sentence that says what to do. */
export class SetupError extends Error {}

/** @typedef {{ line(text: string): void, step(name: string): { note(text: string): void, done(): void, failed(): void } }} Say */

/**
 * Prints one line a step. On a terminal the line counts the seconds and shows the running program's last words.
 * @param {NodeJS.WriteStream} out
 * @returns {Say}
 */
export function speakTo(out) {
  return {
    line: (text) => void out.write(`set-up: ${text}\n`),
    step(name) {
      const start = performance.now();
      const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
      let note = "";
      const redraw = () => {
        const width = (out.columns ?? 80) - 1;
        out.write(`\r\x1b[K${`set-up: ${name} … ${seconds()}  ${note}`.slice(0, width)}`);
      };
      const timer = out.isTTY ? setInterval(redraw, 200) : undefined;
      if (!out.isTTY) out.write(`set-up: ${name} … `);
      /** @param {string} end */
      const finish = (end) => {
        clearInterval(timer);
        out.write(`${out.isTTY ? `\r\x1b[Kset-up: ${name} … ` : ""}${end}\n`);
      };
      return {
        note: (text) => {
          note = text;
        },
        done: () => finish(seconds()),
        failed: () => finish("failed"),
      };
    },
  };
}

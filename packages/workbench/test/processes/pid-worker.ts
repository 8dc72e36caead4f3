import type { Worker } from "../../src/processes";

/** Tells its process's id, and works until it is told to stop. */
export const pidWorker: Worker<unknown, number> = {
  name: "pid-worker",
  file: __filename,
  async work({ signal, tell }) {
    await tell(process.pid);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  },
};

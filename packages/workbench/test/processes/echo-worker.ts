import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "../../src/processes";

/** Answers every request by itself; some words make it do something else. */
export const echoWorker: Worker<unknown, unknown> = {
  name: "echo-worker",
  file: __filename,
  async work({ requests, signal, tell }) {
    for (;;) {
      const { value: request, done } = await requests.next();
      if (done) return;
      if (request === "fail") throw new Error("no such thing");
      if (request === "crash") {
        console.error("out of memory");
        process.kill(process.pid, "SIGKILL");
        await sleep(60_000);
      }
      if (request === "work") {
        while (!signal.aborted) await sleep(10);
        await tell("stopped");
      } else await tell(request);
    }
  },
};

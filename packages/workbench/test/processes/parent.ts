import { startWorker } from "../../src/processes";
import { pidWorker } from "./pid-worker";

/** Starts a worker that works until it is stopped, and prints its process id. */
async function main(): Promise<void> {
  const worker = startWorker(pidWorker);
  worker.send("work");
  console.log(await worker.next());
}

main();
setInterval(() => {}, 1000);

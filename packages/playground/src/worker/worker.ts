/** The worker's script: messages of `protocol.ts` in, messages out. */
import type { FromWorker, ToWorker } from "../protocol";
import { fetchFile } from "./load";
import { createService } from "./service";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
const service = createService(fetchFile, (message) => scope.postMessage(message));
scope.onmessage = ({ data }) => service(data);

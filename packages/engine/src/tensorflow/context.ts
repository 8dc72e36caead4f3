/** Opens TensorFlow: its libraries, and one eager context that lives as long as the process. */
import { useOneDnn } from "../settings";
import { configProto } from "./config-proto";
import { check, newStatus, notNull, type Status } from "./errors";
import { loadTensorFlowC, type Pointer, type TensorFlowC } from "./ffi";
import type { TensorFlowLibrary } from "./find-library";
import { withQuietStderr } from "./quiet";

/** A running TensorFlow. */
export interface TensorFlow {
  readonly c: TensorFlowC;
  readonly context: Pointer<"TFE_Context">;
  /** For synchronous calls only: an asynchronous call needs a status of its own. */
  readonly status: Status;
  /** For example `2.21.0`. */
  readonly version: string;
  /** Device of an op: `name` as TensorFlow writes it, `type` is `CPU` or `GPU`. */
  readonly devices: readonly { name: string; type: string }[];
}

let running: TensorFlow | undefined;

/** The TensorFlow of this process, or undefined before {@link openTensorFlow}. */
export function runningTensorFlow(): TensorFlow | undefined {
  return running;
}

/**
 * Loads TensorFlow and makes its context; a second call gives the first one's result.
 *
 * @param threads threads within one op, and ops that run at once; one per core when left out
 * @throws Error when the libraries cannot be loaded
 */
export function openTensorFlow(library: TensorFlowLibrary, threads?: number): TensorFlow {
  running ??= withQuietStderr(() => {
    useOneDnn();
    const c = loadTensorFlowC(library.framework, library.main);
    const status = newStatus(c);
    const context = newContext(c, status, threads);
    return { c, context, status, version: c.TF_Version(), devices: listDevices(c, context, status) };
  });
  return running;
}

function newContext(c: TensorFlowC, status: Status, threads?: number): Pointer<"TFE_Context"> {
  const options = notNull(c.TFE_NewContextOptions(), "the context's options");
  try {
    const config = configProto(threads);
    c.TFE_ContextOptionsSetConfig(options, config, config.length, status);
    check(c, status, () => "Setting TensorFlow's options");
    const context = c.TFE_NewContext(options, status);
    check(c, status, () => "Starting TensorFlow");
    return notNull(context, "the context");
  } finally {
    c.TFE_DeleteContextOptions(options);
  }
}

function listDevices(c: TensorFlowC, context: Pointer<"TFE_Context">, status: Status) {
  const list = c.TFE_ContextListDevices(context, status);
  check(c, status, () => "Listing TensorFlow's devices");
  const devices = notNull(list, "the list of devices");
  try {
    return Array.from({ length: c.TF_DeviceListCount(devices) }, (_, i) => ({
      name: c.TF_DeviceListName(devices, i, status),
      type: c.TF_DeviceListType(devices, i, status),
    }));
  } finally {
    c.TF_DeleteDeviceList(devices);
  }
}

/** A PJRT device as the engine uses it: an owner of tensors, and a target for `compile()`. */
import type { Executable, Target } from "../lowering";
import type { Steps } from "../steps";
import type { Owner } from "../tensor-owners";
import { type DeviceOptions, openDevice, type PjrtDevice } from "./client";
import { pjrtEagerBinding } from "./eager";
import { compileForDevice } from "./executable";
import { type DeviceTensors, deviceTensors } from "./tensors";

export interface PjrtEngine extends Target {
  readonly device: PjrtDevice;
  readonly tensors: DeviceTensors;
  readonly owner: Owner;
}

let engine: PjrtEngine | undefined;

/** The device that the engine has opened, if any. */
export function runningPjrt(): PjrtEngine | undefined {
  return engine;
}

/**
 * Opens the device at the first call. It stays open until the process ends.
 *
 * @throws Error when `options` are given at a later call: tensors cannot change their device
 */
export function pjrtEngine(options?: DeviceOptions): PjrtEngine {
  if (engine !== undefined && options !== undefined && Object.keys(options).length > 0) {
    throw new Error("The PJRT device is already open; give its options to the first call of startEngine.");
  }
  engine ??= create(openDevice(options));
  return engine;
}

function create(device: PjrtDevice): PjrtEngine {
  const tensors = deviceTensors(device);
  return {
    device,
    tensors,
    owner: pjrtEagerBinding(tensors),
    *lower(graph, parameters): Steps<Executable> {
      const available = device.addresses.length;
      const executable = yield* compileForDevice(device, graph, { ...parameters, devices: available });
      const { devices, layouts } = executable.program.text.placement!;
      const run = (inputs: readonly number[], donated: ReadonlySet<number>) => {
        const buffers = inputs.map((id, i) => tensors.buffer(id, layouts.arguments[i]));
        // A tensor with another holder must not be consumed.
        const free = new Set([...donated].filter((i) => tensors.sharers(inputs[i]!) === 1));
        return executable.run(buffers, free).map((buffer) => tensors.adopt(buffer));
      };
      return {
        runsOn: "pjrt",
        because:
          devices > 1
            ? `its tensors are on ${devices} PJRT devices`
            : `its tensors are on a PJRT device${available > 1 ? `; ${available} cannot share its batch equally` : ""}`,
        run,
        // A run returns before the program is done, so this does not block.
        runAsync: async (inputs, donated) => run(inputs, donated),
        dispose: executable.dispose,
      };
    },
  };
}

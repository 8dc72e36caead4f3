/** Native objects and their release. */
import type { FunctionName } from "./abi";
import { call, type PjrtApi } from "./library";

/** Function that frees each kind of object, and the name of its only argument. */
const destructors = {
  buffer: ["Buffer_Destroy", "buffer"],
  program: ["LoadedExecutable_Destroy", "executable"],
  event: ["Event_Destroy", "event"],
  executable: ["Executable_Destroy", "executable"],
} as const satisfies Record<string, readonly [FunctionName, string]>;

export type HandleKind = keyof typeof destructors;

/** The live native objects of one client, by address; closing the client frees them first. */
export type Registry = Map<bigint, HandleKind>;

/** A native object with an owner in JavaScript. */
export interface Handle {
  /** @throws Error after the object is freed: a stale address in C would crash the process */
  readonly address: bigint;
  readonly freed: boolean;
  /** Frees the object; a second call does nothing. */
  free(): void;
}

interface Forgotten {
  readonly api: PjrtApi;
  readonly kind: HandleKind;
  readonly address: bigint;
  readonly registry: Registry;
}

/** Frees objects that a caller forgot. Late, because garbage collection does not know the size of device buffers. */
const safetyNet = new FinalizationRegistry<Forgotten>(destroy);

/** Takes ownership of the object at `address`. */
export function own(api: PjrtApi, kind: HandleKind, address: bigint, registry: Registry): Handle {
  const entry: Forgotten = { api, kind, address, registry };
  registry.set(address, kind);
  let freed = false;
  const handle: Handle = {
    get address() {
      // A closing client frees its objects without their handles.
      if (freed || registry.get(address) !== kind)
        throw new Error(`This ${kind} on the device is already disposed.`);
      return address;
    },
    get freed() {
      return freed || registry.get(address) !== kind;
    },
    free() {
      if (freed) return;
      freed = true;
      safetyNet.unregister(handle);
      destroy(entry);
    },
  };
  safetyNet.register(handle, entry, handle);
  return handle;
}

/** The parts of one object on several devices, freed together. */
export function together(parts: readonly Handle[]): Handle {
  const [first] = parts as [Handle, ...Handle[]];
  if (parts.length === 1) return first;
  return {
    get address() {
      return first.address;
    },
    get freed() {
      return first.freed;
    },
    free() {
      for (const part of parts) part.free();
    },
  };
}

/** Frees an object that never had an owner in JavaScript. */
export function destroyNow(api: PjrtApi, kind: HandleKind, address: bigint): void {
  const [name, field] = destructors[kind];
  call(api, name, { [field]: address });
}

function destroy({ api, kind, address, registry }: Forgotten): void {
  // A client that was closed has freed it already.
  if (registry.get(address) !== kind) return;
  registry.delete(address);
  destroyNow(api, kind, address);
}

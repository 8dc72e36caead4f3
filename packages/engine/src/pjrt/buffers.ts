/** Copies tensors to a device and back. */
import { type ElementType, elementTypes } from "./abi";
import type { PjrtDevice } from "./client";
import { eventHappened, waitForEvent } from "./events";
import { destroyNow, type Handle, own } from "./handles";
import { call, struct } from "./library";

/** A tensor's shape and element type. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/** A tensor on a device. `handle.free()` gives its memory back. */
export interface DeviceBuffer extends TensorSpec {
  readonly device: PjrtDevice;
  readonly handle: Handle;
}

/** Host arrays by element type; bfloat16 has none in JavaScript, so its raw 16 bits stand in. */
export type HostArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;

const hostArrays = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
  bfloat16: Uint16Array,
} as const;

/** Bytes of a tensor in dense row-major order. */
export function byteLength({ shape, dtype }: TensorSpec): number {
  return shape.reduce((size, dimension) => size * dimension, elementTypes[dtype].bytes);
}

/**
 * Copies a host array to the device. The array may be changed as soon as this returns.
 *
 * @throws Error when the array's size or type does not fit `spec`; PjrtError `out of memory` when the device is full
 */
export function toDevice(device: PjrtDevice, data: HostArray, spec: TensorSpec): DeviceBuffer {
  const { shape, dtype } = spec;
  const what = `Moving a ${dtype}[${shape}] to ${device.platform}`;
  if (!(data instanceof hostArrays[dtype])) {
    throw new Error(`${what}: the data is a ${data.constructor.name}, not a ${hostArrays[dtype].name}.`);
  }
  if (data.byteLength !== byteLength(spec)) {
    throw new Error(
      `${what}: the data has ${data.byteLength} bytes, but the shape needs ${byteLength(spec)}.`,
    );
  }
  const dims = BigInt64Array.from(shape, BigInt);
  // Semantics 0: the plugin no longer needs our memory when the call returns. It stages the copy, so the call does not
  // wait for the device, and the caller may change or free the array.
  const { buffer, done_with_host_buffer } = call(
    device.api,
    "Client_BufferFromHostBuffer",
    {
      client: device.client,
      data,
      type: elementTypes[dtype].code,
      dims,
      num_dims: shape.length,
      host_buffer_semantics: 0,
      device: device.address,
    },
    what,
  );
  destroyNow(device.api, "event", done_with_host_buffer);
  return { shape: [...shape], dtype, device, handle: own(device.api, "buffer", buffer, device.registry) };
}

/** Takes ownership of a buffer that a program made. */
export function adopt(device: PjrtDevice, address: bigint, { shape, dtype }: TensorSpec): DeviceBuffer {
  return { shape, dtype, device, handle: own(device.api, "buffer", address, device.registry) };
}

/**
 * Copies a tensor to the host without blocking, once the program that makes it is done.
 * The buffer may be freed before the promise settles.
 *
 * @throws PjrtError with the error of the program that should have made the tensor
 */
export async function toHost(buffer: DeviceBuffer): Promise<HostArray> {
  const { bytes, event, what } = startCopy(buffer);
  await eventHappened(buffer.device.api, event, what);
  return new hostArrays[buffer.dtype](bytes);
}

/** Like {@link toHost}, but blocks. */
export function toHostSync(buffer: DeviceBuffer): HostArray {
  const { bytes, event, what } = startCopy(buffer);
  waitForEvent(buffer.device.api, event, what);
  return new hostArrays[buffer.dtype](bytes);
}

function startCopy(buffer: DeviceBuffer): { bytes: ArrayBuffer; event: bigint; what: string } {
  const { shape, dtype, device, handle } = buffer;
  const what = `Reading a ${dtype}[${shape}] from ${device.platform}`;
  const bytes = new ArrayBuffer(byteLength(buffer));
  // Devices may keep a tensor in another order of dimensions: ask for row-major, the last dimension innermost.
  const minorToMajor = BigInt64Array.from(shape, (_, i) => BigInt(shape.length - 1 - i));
  const layout = struct("BufferMemoryLayout", {
    tiled_size: 56,
    minor_to_major: minorToMajor,
    minor_to_major_size: shape.length,
  });
  const dst = new Uint8Array(bytes);
  const { event } = call(
    device.api,
    "Buffer_ToHostBuffer",
    // A null destination would ask for the size: an empty tensor gets memory that is never written.
    {
      src: handle.address,
      host_layout: layout,
      dst: dst.length > 0 ? dst : new Uint8Array(8),
      dst_size: dst.length,
    },
    what,
  );
  return { bytes, event, what };
}

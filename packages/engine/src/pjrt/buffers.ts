/** Copies tensors to devices and back. */
import { type Layout, partShape } from "../stablehlo/layouts";
import { type ElementType, elementTypes } from "./abi";
import type { PjrtDevice } from "./client";
import { eventHappened, waitForEvent } from "./events";
import { destroyNow, type Handle, own, together } from "./handles";
import { call, struct } from "./library";

/** A tensor's shape and element type. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/** A tensor on a device, or on several. `handle.free()` gives its memory back. */
export interface DeviceBuffer extends TensorSpec {
  readonly device: PjrtDevice;
  readonly layout: Layout;
  /** One per device that holds it, or holds a part of it. */
  readonly parts: readonly Handle[];
  readonly handle: Handle;
}

/** True if programs can take the tensor as one of this layout; what is whole on each device is on the first, too. */
export function liesAs(buffer: DeviceBuffer, layout: Layout): boolean {
  return buffer.layout === layout || (layout === "first" && buffer.layout === "whole");
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
 * @param layout `split` needs a number of rows that the devices can share equally
 * @throws Error when the array's size or type does not fit `spec`; PjrtError `out of memory` when the device is full
 */
export function toDevice(
  device: PjrtDevice,
  data: HostArray,
  spec: TensorSpec,
  layout: Layout = "first",
): DeviceBuffer {
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
  const devices = layout === "first" ? device.addresses.slice(0, 1) : device.addresses;
  const part = partShape(shape, layout, devices.length);
  const size = layout === "split" ? data.length / devices.length : data.length;
  const parts = devices.map((address, i) => {
    const from = layout === "split" ? i * size : 0;
    return copyTo(device, address, data.subarray(from, from + size), { shape: part, dtype }, what);
  });
  return { shape: [...shape], dtype, device, layout, parts, handle: together(parts) };
}

function copyTo(
  device: PjrtDevice,
  address: bigint,
  data: HostArray,
  { shape, dtype }: TensorSpec,
  what: string,
): Handle {
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
      device: address,
    },
    what,
  );
  destroyNow(device.api, "event", done_with_host_buffer);
  return own(device.api, "buffer", buffer, device.registry);
}

/** Takes ownership of a tensor that a program made: of its parts, one per device. */
export function adopt(
  device: PjrtDevice,
  addresses: readonly bigint[],
  { shape, dtype }: TensorSpec,
  layout: Layout,
): DeviceBuffer {
  const parts = addresses.map((address) => own(device.api, "buffer", address, device.registry));
  return { shape, dtype, device, layout, parts, handle: together(parts) };
}

/**
 * Copies a tensor to the host without blocking, once the program that makes it is done.
 * The buffer may be freed before the promise settles.
 *
 * @throws PjrtError with the error of the program that should have made the tensor
 */
export async function toHost(buffer: DeviceBuffer): Promise<HostArray> {
  const { bytes, events, what } = startCopy(buffer);
  await Promise.all(events.map((event) => eventHappened(buffer.device.api, event, what)));
  return new hostArrays[buffer.dtype](bytes);
}

/** Like {@link toHost}, but blocks. */
export function toHostSync(buffer: DeviceBuffer): HostArray {
  const { bytes, events, what } = startCopy(buffer);
  for (const event of events) waitForEvent(buffer.device.api, event, what);
  return new hostArrays[buffer.dtype](bytes);
}

function startCopy(buffer: DeviceBuffer): { bytes: ArrayBuffer; events: bigint[]; what: string } {
  const { shape, dtype, device, layout, parts } = buffer;
  const what = `Reading a ${dtype}[${shape}] from ${device.platform}`;
  const bytes = new ArrayBuffer(byteLength(buffer));
  // Devices may keep a tensor in another order of dimensions: ask for row-major, the last dimension innermost.
  const minorToMajor = BigInt64Array.from(shape, (_, i) => BigInt(shape.length - 1 - i));
  const host_layout = struct("BufferMemoryLayout", {
    tiled_size: 56,
    minor_to_major: minorToMajor,
    minor_to_major_size: shape.length,
  });
  const sources = layout === "split" ? parts : parts.slice(0, 1);
  const size = bytes.byteLength / sources.length;
  const events = sources.map(({ address: src }, i) => {
    // A null destination would ask for the size: an empty tensor gets memory that is never written.
    const dst = size > 0 ? new Uint8Array(bytes, i * size, size) : new Uint8Array(8);
    return call(device.api, "Buffer_ToHostBuffer", { src, host_layout, dst, dst_size: size }, what).event;
  });
  return { bytes, events, what };
}

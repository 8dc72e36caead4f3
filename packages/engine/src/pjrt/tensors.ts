/** The tensors of tfjs on a device, by their ids in tfjs's kernels. */
import { type HostValues, type NativeMemory, nextTensorId, type TensorMetadata } from "../binding";
import { dataTypeOf, dtypeOf } from "../graph/attributes";
import type { HostData } from "../graph/graph";
import type { Layout } from "../stablehlo/layouts";
import { type ElementType, elementTypes } from "./abi";
import {
  byteLength,
  type DeviceBuffer,
  type HostArray,
  liesAs,
  type TensorSpec,
  toDevice,
  toHost,
  toHostSync,
} from "./buffers";
import type { PjrtDevice } from "./client";

/** Tensors with at most this many elements stay on the host until a program reads them: they may be axes or shapes. */
const smallSize = 64;

/** Tensors on a device. */
export interface DeviceTensors {
  readonly device: PjrtDevice;
  has(id: number): boolean;
  /** Adds a tensor of host values. Small ones are copied to the device when a program reads them. */
  create(shape: readonly number[], dataType: number, values: HostValues): number;
  /** Adds a buffer, which {@link DeviceTensors.delete} frees. */
  adopt(buffer: DeviceBuffer): TensorMetadata;
  /** Another id for the same buffer. */
  share(id: number): number;
  type(id: number): TensorSpec;
  /** The tensor on the device; one that lies otherwise is copied, through the host. @throws Error when it has been disposed */
  buffer(id: number, layout?: Layout): DeviceBuffer;
  /** Its elements, from the host's copy if there is one. */
  read(id: number): HostValues;
  /** The same without blocking. */
  readAsync(id: number): Promise<HostValues>;
  /** Number of ids that share the tensor. */
  sharers(id: number): number;
  delete(id: number): void;
  memory(): NativeMemory;
}

/** A tensor on the host, the device or both. */
interface Entry {
  readonly spec: TensorSpec;
  host?: HostArray;
  /** On the device, once for each layout in which a program has read it. */
  readonly buffers: DeviceBuffer[];
  ids: number;
}

export function deviceTensors(device: PjrtDevice): DeviceTensors {
  const entries = new Map<number, Entry>();

  function entry(id: number): Entry {
    const found = entries.get(id);
    if (found === undefined)
      throw new Error(`Tensor ${id} has been disposed, or does not exist on ${device.platform}.`);
    return found;
  }

  function add(made: Entry): number {
    const id = nextTensorId();
    entries.set(id, made);
    return id;
  }

  const tensors: DeviceTensors = {
    device,
    has: (id) => entries.has(id),
    create(shape, dataType, values) {
      const spec = { shape: [...shape], dtype: elementType(dtypeOf(dataType)) };
      const host = hostArray(values, spec);
      const now = host.length > smallSize && device.addresses.length === 1;
      if (now) return add({ spec, buffers: [toDevice(device, host, spec)], ids: 1 });
      // Of several devices, the first program that reads it chooses. A copy: the caller may reuse its array.
      return add({ spec, host: host.slice(), buffers: [], ids: 1 });
    },
    adopt(buffer) {
      const spec = { shape: buffer.shape, dtype: buffer.dtype };
      return {
        id: add({ spec, buffers: [buffer], ids: 1 }),
        shape: [...spec.shape],
        dtype: dataTypeOf(spec.dtype),
      };
    },
    share(id) {
      const shared = entry(id);
      shared.ids++;
      return add(shared);
    },
    type: (id) => entry(id).spec,
    buffer(id, layout = "first") {
      const found = entry(id);
      const ready = found.buffers.find((buffer) => liesAs(buffer, layout));
      if (ready !== undefined) return ready;
      const host = found.host ?? toHostSync(found.buffers[0]!);
      const made = toDevice(device, host, found.spec, layout);
      found.buffers.push(made);
      if (host.length > smallSize) delete found.host;
      return made;
    },
    read(id) {
      const { host, buffers } = entry(id);
      return hostValues(host?.slice() ?? toHostSync(buffers[0]!));
    },
    async readAsync(id) {
      const { host, buffers } = entry(id);
      return hostValues(host?.slice() ?? (await toHost(buffers[0]!)));
    },
    sharers: (id) => entry(id).ids,
    delete(id) {
      const found = entry(id);
      entries.delete(id);
      found.ids--;
      if (found.ids === 0) for (const { handle } of found.buffers) handle.free();
    },
    memory() {
      const distinct = [...new Set(entries.values())];
      return { tensors: entries.size, bytes: distinct.reduce((sum, { spec }) => sum + byteLength(spec), 0) };
    },
  };
  return tensors;
}

/** The element type on the device. @throws Error for strings and complex numbers */
export function elementType(dtype: string): ElementType {
  if (Object.hasOwn(elementTypes, dtype)) return dtype as ElementType;
  throw new Error(`A tensor of type ${dtype} cannot be on a PJRT device; keep it in plain JavaScript.`);
}

/** tfjs's values in the array class of the element type. */
function hostArray(values: HostValues, { dtype }: TensorSpec): HostArray {
  if (!ArrayBuffer.isView(values)) throw new Error(`A tensor of ${dtype} needs a typed array of values.`);
  // tfjs-node writes 64-bit integers as pairs of 32-bit halves.
  if (dtype === "int64" && values instanceof Int32Array) {
    return new BigInt64Array(values.slice().buffer);
  }
  return dataArray(values as HostData, dtype);
}

/** Graph constants (and tfjs's values) in the array class of an element type. */
export function dataArray(data: HostData, dtype: ElementType): HostArray {
  const numbers = data as Iterable<number>;
  switch (dtype) {
    case "float32":
      return data instanceof Float32Array ? data : Float32Array.from(numbers);
    case "int32":
      return data instanceof Int32Array ? data : Int32Array.from(numbers);
    case "bool":
    case "uint8":
      return data instanceof Uint8Array ? data : Uint8Array.from(numbers);
    case "float64":
      return data instanceof Float64Array ? data : Float64Array.from(numbers);
    case "int64":
      return data instanceof BigInt64Array ? data : BigInt64Array.from(numbers, BigInt);
    case "bfloat16":
      return toBfloat16(data instanceof Float32Array ? data : Float32Array.from(numbers));
  }
}

/** The upper half of each float32, rounded to nearest, ties to even. */
function toBfloat16(floats: Float32Array): Uint16Array {
  const bits = new Uint32Array(floats.slice().buffer);
  return Uint16Array.from(bits, (b) => {
    const notANumber = (b & 0x7fffffff) > 0x7f800000;
    return notANumber ? 0x7fc0 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  });
}

/** Values for tfjs, which has no 64-bit integers. */
function hostValues(array: HostArray): HostValues {
  return (array instanceof BigInt64Array ? Int32Array.from(array, Number) : array) as HostValues;
}

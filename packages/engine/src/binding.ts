/**
 * The interface between tfjs and the library that computes.
 *
 * tfjs-node's kernels (`@tensorflow/tfjs-node-gpu`) turn every tfjs kernel into one or a few TensorFlow ops and hand
 * them to a "binding". There, that is a native addon. Here it is {@link bindingSwitch}: its current binding either runs
 * each op at once (`tensorflow/eager.ts`) or records it into a graph. Nothing in this file needs TensorFlow.
 */
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import type { TFJSBinding } from "@tensorflow/tfjs-node-gpu/dist/tfjs_binding";
import { AttrType, DataType } from "./datatypes";
import { registerGather } from "./gather";

/** The name under which the backend is registered with tfjs: the kernels of tfjs-node accept no other. */
export const backendName = "tensorflow";

/** A tensor as kernels see it: a number that the binding understands, with shape and TensorFlow data type. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}
/** An attribute of an op: TensorFlow's name, attribute type and value. */
export interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | object | string;
}
/** Elements as tfjs gives them: complex numbers as interleaved pairs, strings as UTF-8 bytes. */
export type HostValues = tf.backend_util.BackendValues;

/** The interface that the kernels need. Ids are positive and never used twice, also across bindings: see {@link nextTensorId}. */
export interface Binding {
  /** Makes a tensor from host values and gives its id. */
  createTensor(shape: number[], dataType: number, values: HostValues): number;
  /** Forgets a tensor; its memory is free afterwards. */
  deleteTensor(id: number): void;
  /** Copies a tensor's elements to the host. */
  tensorDataSync(id: number): HostValues;
  /** The same without blocking, where what computes is not this thread. */
  tensorData?(id: number): Promise<HostValues>;
  /** Runs one op and gives its outputs. */
  executeOp(op: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorMetadata[];
}

const notStarted = (): never => {
  throw new Error('The engine has not been started: call "await startEngine()" first.');
};

/** The binding that ops go to now. Use {@link withBinding} to change it for the length of a function. */
export const bindingSwitch: { current: Binding } = {
  current: {
    createTensor: notStarted,
    deleteTensor: notStarted,
    tensorDataSync: notStarted,
    executeOp: notStarted,
  },
};

/** Calls `f` (synchronously) while all ops of the backend go to `binding`. */
export function withBinding<T>(binding: Binding, f: () => T): T {
  const before = bindingSwitch.current;
  bindingSwitch.current = binding;
  try {
    return f();
  } finally {
    bindingSwitch.current = before;
  }
}

let lastTensorId = 0;

/** A new tensor id. All bindings take their ids from here, so that none mistakes another's tensor for its own. */
export function nextTensorId(): number {
  lastTensorId += 1;
  return lastTensorId;
}

/** Memory of a binding outside the JavaScript heap. */
export interface NativeMemory {
  tensors: number;
  bytes: number;
}

export interface KernelBackendOptions {
  /** True if ops run on a GPU. */
  usesGpu: boolean;
  /** Additions of `tf.memory()` to tfjs's own counts. */
  nativeMemory?: () => NativeMemory;
}

/** Registers tfjs-node's backend and kernels with tfjs, over {@link bindingSwitch}. Does not select the backend. */
export function registerKernelBackend(o: KernelBackendOptions): void {
  if (tf.findBackendFactory(backendName) !== null) return;
  restoreRemovedNodeFunctions();
  // Loaded here, not at the top: the modules register 150 kernels, and need the functions restored above.
  const { NodeJSKernelBackend } =
    require("#tfjs-node/nodejs_kernel_backend") as typeof import("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend");
  require("#tfjs-node/register_all_kernels");
  registerGather(backendName);

  class KernelBackend extends NodeJSKernelBackend {
    // tfjs-node's own would block until the device is done.
    override async read(dataId: object) {
      const { id, values } = (this as unknown as WithTensorMap).tensorMap.get(dataId);
      const { current } = bindingSwitch;
      if (values !== null || current.tensorData === undefined) return this.readSync(dataId);
      return current.tensorData(id);
    }
    // TensorFlow 2.21's Round gives zeros for int32 (tf.raw_ops.Round too); whole numbers are round already.
    override executeSingleInput(op: string, input: tf.TensorInfo) {
      return super.executeSingleInput(op === "Round" && input.dtype === "int32" ? "Identity" : op, input);
    }

    // Tensors are freed when they are disposed, never by a garbage collector, so the numbers are exact.
    override memory() {
      const native = o.nativeMemory?.();
      return {
        unreliable: false,
        ...(native && { numNativeTensors: native.tensors, numNativeBytes: native.bytes }),
      } as unknown as ReturnType<InstanceType<typeof NodeJSKernelBackend>["memory"]>;
    }
  }
  tf.registerBackend(backendName, () => new KernelBackend(switchedBinding(o), "tfjs-compile"), 3);
}

/** Table of tfjs-node's backend: the id of each tensor, or values that no op has needed yet. */
interface WithTensorMap {
  tensorMap: { get(dataId: object): { id: number; values: HostValues | null } };
}

/** The object that tfjs-node's backend takes for its native addon. */
function switchedBinding(o: KernelBackendOptions): TFJSBinding {
  const noSavedModels = (): never => {
    throw new Error("TensorFlow SavedModels are not supported by this backend.");
  };
  const binding: Omit<TFJSBinding, "TensorMetadata" | "TFEOpAttr"> = {
    createTensor: (shape, dataType, values) => bindingSwitch.current.createTensor(shape, dataType, values),
    deleteTensor: (id) => bindingSwitch.current.deleteTensor(id),
    // The declared result leaves out strings, which come as Uint8Array[].
    tensorDataSync: (id) => bindingSwitch.current.tensorDataSync(id) as Float32Array,
    executeOp: (op, attributes, inputs, outputs) =>
      bindingSwitch.current.executeOp(op, attributes, inputs, outputs),
    loadSavedModel: noSavedModels,
    deleteSavedModel: noSavedModels,
    runSavedModel: noSavedModels,
    getNumOfSavedModels: () => 0,
    getNumOfTensors: () => o.nativeMemory?.().tensors ?? 0,
    isUsingGpuDevice: () => o.usesGpu,
    TF_FLOAT: DataType.float32,
    TF_INT32: DataType.int32,
    TF_INT64: DataType.int64,
    TF_BOOL: DataType.bool,
    TF_COMPLEX64: DataType.complex64,
    TF_STRING: DataType.string,
    TF_RESOURCE: DataType.resource,
    TF_UINT8: DataType.uint8,
    TF_ATTR_STRING: AttrType.string,
    TF_ATTR_INT: AttrType.int,
    TF_ATTR_FLOAT: AttrType.float,
    TF_ATTR_BOOL: AttrType.bool,
    TF_ATTR_TYPE: AttrType.type,
    TF_ATTR_SHAPE: AttrType.shape,
    // An attribute type of tfjs-node's own, used by none of the kernels.
    TF_ATTR_RESOURCE: -1,
    TF_Version: "",
  };
  return binding as TFJSBinding;
}

/** tfjs-node calls `util.isNullOrUndefined` and `util.isArray`, which Node 23 removed (and Node 22 warns about). */
function restoreRemovedNodeFunctions(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

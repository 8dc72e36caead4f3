/** The binding that runs every op at once with TensorFlow. */
import {
  type HostValues,
  type NativeMemory,
  nextTensorId,
  type OpAttribute,
  type TensorMetadata,
} from "../binding";
import { AttrType, DataType, describeTensor } from "../datatypes";
import type { Owner } from "../tensor-owners";
import type { TensorFlow } from "./context";
import { EagerTensor } from "./eager-tensor";
import { check } from "./errors";
import { execute, newOperation } from "./operation";
import { byteLength, fromTensorFlow, type Handle, toTensorFlow } from "./tensors";

/** The eager binding, with what a compiled function needs to take its tensors and to give it some. */
export interface EagerBinding extends Owner {
  /** The tensor of an id. @throws Error if there is none (any more) */
  get(id: number): EagerTensor;
  /** Takes over a tensor: from now on it is one of this binding, and `deleteTensor` releases it. */
  take(tensor: EagerTensor): TensorMetadata;
  /** {@link take} for a handle. */
  adopt(handle: Handle): TensorMetadata;
  /** Memory that TensorFlow holds for tensors that have not been deleted. */
  memory(): NativeMemory;
}

export function eagerBinding(tensorflow: TensorFlow): EagerBinding {
  const { c, status } = tensorflow;
  const tensors = new Map<number, EagerTensor>();
  let bytes = 0;

  function get(id: number): EagerTensor {
    const tensor = tensors.get(id);
    // C would follow the address of a freed tensor and end the process.
    if (tensor === undefined)
      throw new Error(`Tensor ${id} has been disposed, or does not exist in TensorFlow.`);
    return tensor;
  }

  function take(tensor: EagerTensor): TensorMetadata {
    const { shape, dataType } = tensor;
    const id = nextTensorId();
    tensors.set(id, tensor);
    bytes += byteLength(dataType, shape);
    return { id, shape, dtype: dataType };
  }

  function adopt(handle: Handle): TensorMetadata {
    const dataType = c.TFE_TensorHandleDataType(handle);
    const rank = c.TFE_TensorHandleNumDims(handle, status);
    const shape = Array.from({ length: rank }, (_, axis) => c.TFE_TensorHandleDim(handle, axis, status));
    check(c, status, () => "Reading the shape of a tensor");
    return take(EagerTensor.ofHandle(tensorflow, handle, shape, dataType));
  }

  function run(op: string, attributes: OpAttribute[], inputs: EagerTensor[], outputs: number): Handle[] {
    const what = () =>
      `${op}(${inputs.map(({ dataType, shape }) => describeTensor(dataType, shape)).join(", ")})`;
    const handles = inputs.map(({ handle }) => handle);
    const operation = newOperation(tensorflow, op, attributes, handles, what);
    try {
      return execute(tensorflow, operation, outputs, what);
    } finally {
      c.TFE_DeleteOp(operation);
    }
  }

  /** tfjs has no int64: it takes such a tensor for int32, so that is what it must be for the next op. */
  function adoptOutput(handle: Handle): TensorMetadata {
    const output = adopt(handle);
    if (output.dtype !== DataType.int64) return output;
    const [narrowed] = run("Cast", castToInt32, [get(output.id)], 1);
    deleteTensor(output.id);
    return adopt(narrowed as Handle);
  }

  function deleteTensor(id: number): void {
    const tensor = get(id);
    tensors.delete(id);
    bytes -= byteLength(tensor.dataType, tensor.shape);
    tensor.release();
  }

  return {
    owns: (id) => tensors.has(id),
    typeOf: (id) => {
      const { shape, dataType } = get(id);
      return { shape, dtype: dataType };
    },
    createTensor: (shape: number[], dataType: number, values: HostValues) => {
      const handle = toTensorFlow(tensorflow, shape, dataType, values);
      return take(EagerTensor.ofHandle(tensorflow, handle, shape, dataType)).id;
    },
    deleteTensor,
    tensorDataSync: (id) => fromTensorFlow(tensorflow, get(id).handle),
    executeOp: (op, attributes, inputs, outputs) =>
      run(op, attributes, inputs.map(get), outputs).map(adoptOutput),
    get,
    take,
    adopt,
    memory: () => ({ tensors: tensors.size, bytes }),
  };
}

const castToInt32: OpAttribute[] = [
  { name: "SrcT", type: AttrType.type, value: DataType.int64 },
  { name: "DstT", type: AttrType.type, value: DataType.int32 },
];

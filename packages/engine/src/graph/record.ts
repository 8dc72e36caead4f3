/**
 * Recording: runs a function with a binding that adds its ops to a graph and computes nothing.
 *
 * tfjs's kernels and its gradient tape work as usual: they see tensors with shapes and dtypes, but without data.
 */
import * as tf from "@tensorflow/tfjs";
import { type Binding, bindingSwitch, type HostValues, nextTensorId, withBinding } from "../binding";
import { AttrType } from "../datatypes";
import { dataTypeOf, dtypeOf, graphAttributes } from "./attributes";
import { type GraphBuilder, graphBuilder } from "./builder";
import type { Captured, Graph, HostData, Value } from "./graph";

/** Entry of tfjs-node's backend for a tensor. `values` are held back until an op first needs them. */
interface TensorInfo {
  shape: number[];
  dtype: number;
  values: HostValues | null;
  id: number;
}

/** The parts of tfjs-node's backend that recording looks into; most are private in its types. */
interface KernelBackend {
  readonly tensorMap: { get(dataId: object): TensorInfo };
  refCount(dataId: object): number;
  getInputTensorIds(tensors: readonly { dataId: object }[]): number[];
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): tf.Tensor;
  move(dataId: object, values: HostValues, shape: number[], dtype: tf.DataType, refCount: number): void;
}

/** The backend which tfjs-node's kernels run on. */
export function kernelBackend(): KernelBackend {
  return tf.backend() as unknown as KernelBackend;
}

/** A tensor, for tfjs, which stands for an id of the current binding. The current tidy scope owns it. */
export function tensorOfId(id: number, shape: readonly number[], dtype: tf.DataType): tf.Tensor {
  return kernelBackend().createOutputTensor({ id, shape: [...shape], dtype: dataTypeOf(dtype) });
}

/** The binding's id of a tensor's data, which is written to the device first if it was held back. */
export function idOfTensor(tensor: tf.Tensor): number {
  return kernelBackend().getInputTensorIds([tensor])[0]!;
}

/** A recorded function: its graph, and the tf.Variable behind each captured value that is one. */
export interface Recording {
  readonly graph: Graph;
  readonly variables: ReadonlyMap<Captured, tf.Variable>;
}

/** The current recording, if any; a compiled function called during it becomes part of it. */
let current: Recorder | undefined;

/** Ids of tensors that outlived their recording, which is an error; kept for messages. */
const escaped = new Set<number>();

export function isRecording(): boolean {
  return current !== undefined;
}

/**
 * Records `fn`.
 *
 * @param name of the graph
 * @param parameters the tensors whose shapes and dtypes the parameters have; `fn` gets stand-ins for them, in this order
 * @param fn runs once, synchronously, and returns the results of the graph
 * @throws what `fn` throws; Error when it reads data of a tensor, or when tensors that it made outlive it
 */
export function record(
  name: string,
  parameters: readonly tf.Tensor[],
  fn: (standIns: tf.Tensor[]) => readonly tf.Tensor[],
): Recording {
  const recorder = createRecorder(name, bindingSwitch.current);
  const restoreBackend = interceptBackend(recorder);
  current = recorder;
  try {
    return withBinding(recorder.binding, () => {
      let results: readonly Value[] = [];
      tf.tidy(() => {
        results = fn(parameters.map(recorder.parameter)).map(recorder.valueOf);
      });
      recorder.checkNothingEscaped();
      return { graph: recorder.builder.build(results), variables: recorder.variables };
    });
  } catch (error) {
    recorder.releaseCaptured();
    throw error;
  } finally {
    current = undefined;
    restoreBackend();
    recorder.handBackConstants();
  }
}

type Recorder = ReturnType<typeof createRecorder>;

function createRecorder(name: string, outer: Binding) {
  const builder: GraphBuilder = graphBuilder(name);
  /** Value of each tensor id of this recording. */
  const recorded = new Map<number, Value>();
  const capturedById = new Map<number, Captured>();
  const variables = new Map<Captured, tf.Variable>();
  const constants = new Map<TensorInfo, { id: number; values: HostValues }>();
  const madeHere = new WeakSet<TensorInfo>();

  const add = (value: Value): number => {
    const id = nextTensorId();
    recorded.set(id, value);
    return id;
  };

  /** A tensor from before the recording: the graph gets a handle of its own, as this one may be disposed at any time. */
  const capture = (
    id: number,
    info: { shape: readonly number[]; dtype: number },
    dataId: object,
  ): Captured => {
    let value = capturedById.get(id);
    if (value === undefined) {
      if (escaped.has(id)) {
        throw new Error(
          `Tensor ${id} was made inside another compiled function and kept there (tf.keep, a cache). It has no data: ` +
            "return it from that function, or make it outside.",
        );
      }
      const type = { name: "T", type: AttrType.type, value: info.dtype };
      const [own] = outer.executeOp("Identity", [type], [id], 1);
      value = builder.capture(info.shape, dtypeOf(info.dtype), own!.id);
      capturedById.set(id, value);
      const variable = Object.values(tf.engine().registeredVariables).find((v) => v.dataId === dataId);
      if (variable !== undefined) variables.set(value, variable);
    }
    return value;
  };

  const valueOfId = (id: number): Value => {
    const value = recorded.get(id) ?? capturedById.get(id);
    if (value === undefined) throw new Error(`Tensor ${id} is not part of this recording.`);
    return value;
  };

  /** The id of a tensor that an op reads. Registers it as a constant or captured tensor if it is not recorded. */
  const idOf = (dataId: object): number => {
    const info = kernelBackend().tensorMap.get(dataId);
    if (info.values !== null && madeHere.has(info)) {
      const { values } = info;
      info.id = add(builder.constant(info.shape, dtypeOf(info.dtype), values as HostData));
      info.values = null;
      constants.set(info, { id: info.id, values });
    } else if (info.values !== null) {
      // Made before: it needs a real handle, which it keeps when the recording is over.
      info.id = outer.createTensor(info.shape, info.dtype, info.values);
      info.values = null;
    }
    if (!recorded.has(info.id)) capture(info.id, info, dataId);
    return info.id;
  };

  const binding: Binding = {
    createTensor: (shape, dataType, values) =>
      add(builder.constant(shape, dtypeOf(dataType), values as HostData)),
    deleteTensor: (id) => {
      if (!recorded.delete(id)) outer.deleteTensor(id);
    },
    tensorDataSync: (id) => {
      // A captured tensor has data; like any other value that the function closes over, it is read once, now.
      if (!recorded.has(id)) return outer.tensorDataSync(id);
      throw new Error(
        "A compiled function cannot read a tensor's data (dataSync, arraySync, print, data, array): while it is recorded, " +
          "there is none yet. Return the tensor and read it outside, or choose with tf.where instead of if.",
      );
    },
    executeOp: (op, attributes, inputs, numOutputs) => {
      const outputs = builder.node(op, graphAttributes(op, attributes), inputs.map(valueOfId), numOutputs);
      return outputs.map((value) => ({
        id: add(value),
        shape: [...value.shape],
        dtype: dataTypeOf(value.dtype),
      }));
    },
  };

  return {
    builder,
    binding,
    variables: variables as ReadonlyMap<Captured, tf.Variable>,
    madeHere,
    idOf,
    parameter: ({ shape, dtype }: tf.Tensor) =>
      tensorOfId(add(builder.parameter(shape, dtype)), shape, dtype),
    valueOf: (tensor: tf.Tensor) => valueOfId(idOf(tensor.dataId)),
    checkNothingEscaped() {
      for (const { id } of constants.values()) recorded.delete(id);
      if (recorded.size === 0) return;
      for (const id of recorded.keys()) escaped.add(id);
      const examples = [...recorded.values()].slice(0, 3).map((v) => `${v.dtype}[${v.shape}]`);
      throw new Error(
        `${recorded.size} tensors made inside the compiled function outlive it (${examples.join(", ")}): it keeps them with ` +
          "tf.keep. They have no data. Return them instead.",
      );
    },
    /** Turns constants that the function keeps (a cached table) into ordinary tensors again, not yet on the device. */
    handBackConstants() {
      for (const [info, { id, values }] of constants) {
        if (info.id === id) Object.assign(info, { id: -1, values });
      }
    },
    releaseCaptured() {
      for (const { handle } of capturedById.values()) outer.deleteTensor(handle);
    },
  };
}

/** Makes tfjs-node's backend ask the recorder for ids and report new tensors to it. Returns the function that undoes this. */
function interceptBackend(recorder: Recorder): () => void {
  const backend = kernelBackend();
  const { move } = backend;
  const { assign } = tf.Variable.prototype;
  backend.getInputTensorIds = (tensors) => tensors.map(({ dataId }) => recorder.idOf(dataId));
  backend.move = (dataId, values, shape, dtype, refCount) => {
    move.call(backend, dataId, values, shape, dtype, refCount);
    recorder.madeHere.add(backend.tensorMap.get(dataId));
  };
  tf.Variable.prototype.assign = function () {
    throw new Error(
      `A compiled function cannot assign to a tf.Variable ("${this.name}"), as tf.train's optimizers do: it would happen once, ` +
        "while it is recorded, and not in later calls. Return the new value and assign it outside.",
    );
  };
  return () => {
    tf.Variable.prototype.assign = assign;
    // The assignments above hide the methods of the class; deleting them shows these again.
    Reflect.deleteProperty(backend, "getInputTensorIds");
    Reflect.deleteProperty(backend, "move");
  };
}

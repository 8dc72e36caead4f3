import * as tf from "@tensorflow/tfjs";
import { AttrType, DataType } from "./datatypes";

/** The parts of tfjs-node's backend that the kernel uses. */
interface Backend {
  /** `values` holds what no op has needed yet, and is null once the tensor has been handed over. */
  tensorMap: { get(dataId: object): { values: Int32Array | null } };
  executeSingleOutput(op: string, attributes: object[], inputs: tf.TensorInfo[]): tf.TensorInfo;
}

/**
 * Replaces tfjs-node's gather, which copies the indices to JavaScript to check them. That would stall a device, and cannot be
 * recorded. TensorFlow checks indices on the CPU itself. Indices that are still in JavaScript are checked here, at no cost.
 */
export function registerGather(backendName: string): void {
  tf.unregisterKernel("GatherV2", backendName);
  tf.registerKernel({
    kernelName: "GatherV2",
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const runner = backend as unknown as Backend;
      const { x, indices } = inputs as { x: tf.Tensor; indices: tf.Tensor };
      const { axis, batchDims } = attrs as unknown as { axis: number; batchDims: number };
      tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
      const last = (x.shape[axis] ?? 0) - 1;
      for (const index of runner.tensorMap.get(indices.dataId).values ?? []) {
        tf.util.assert(
          index >= 0 && index <= last,
          () => `GatherV2: the index value ${index} is not in [0, ${last}]`,
        );
      }
      const axisTensor = tf.scalar(axis, "int32");
      const result = runner.executeSingleOutput(
        "GatherV2",
        [
          { name: "batch_dims", type: AttrType.int, value: batchDims },
          { name: "Taxis", type: AttrType.type, value: DataType.int32 },
        ],
        [x, indices, axisTensor],
      );
      axisTensor.dispose();
      return result;
    },
  });
}

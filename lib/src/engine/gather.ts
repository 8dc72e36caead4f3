import * as tf from "@tensorflow/tfjs";
import { AttrType, DataType } from "./tensorflow/datatypes";

/** The part of tfjs-node's backend that a kernel calls. */
interface OpRunner {
  executeSingleOutput(op: string, attributes: object[], inputs: tf.TensorInfo[]): tf.TensorInfo;
}

/**
 * Replaces tfjs-node's gather, which copies the indices to JavaScript to check them. That would stall a device, and cannot be
 * recorded. TensorFlow checks them itself.
 */
export function registerGather(backendName: string): void {
  tf.unregisterKernel("GatherV2", backendName);
  tf.registerKernel({
    kernelName: "GatherV2",
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, indices } = inputs as { x: tf.Tensor; indices: tf.Tensor };
      const { axis, batchDims } = attrs as unknown as { axis: number; batchDims: number };
      tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
      const axisTensor = tf.scalar(axis, "int32");
      const result = (backend as unknown as OpRunner).executeSingleOutput(
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

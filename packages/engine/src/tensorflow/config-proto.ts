import { messageField, numberField } from "./protobuf";

/** Field numbers of `ConfigProto` and `GPUOptions` (`tensorflow/core/protobuf/config.proto`). */
const Field = { intraOpThreads: 2, interOpThreads: 5, gpuOptions: 6, allowSoftPlacement: 7 } as const;
const GpuField = { allowGrowth: 4 } as const;

/**
 * TensorFlow's options: GPU memory grows as needed (TensorFlow's default takes all of it), and an op without a GPU kernel
 * runs on the CPU.
 *
 * @param threads threads within one op, and ops that run at once; TensorFlow chooses when left out
 */
export function configProto(threads?: number): Uint8Array {
  return Buffer.concat([
    ...(threads === undefined
      ? []
      : [numberField(Field.intraOpThreads, threads), numberField(Field.interOpThreads, threads)]),
    messageField(Field.gpuOptions, numberField(GpuField.allowGrowth, 1)),
    numberField(Field.allowSoftPlacement, 1),
  ]);
}

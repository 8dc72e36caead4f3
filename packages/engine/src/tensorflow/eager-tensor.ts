import { describeTensor } from "../datatypes";
import type { TensorFlow } from "./context";
import { check, notNull } from "./errors";
import type { Pointer } from "./ffi";
import { byteLength, dims, type Handle } from "./tensors";

type Memory = Pointer<"TF_Tensor">;

/**
 * A tensor with shape and TensorFlow's data type. TensorFlow uses its handle, native programs its memory. Each is made from the other
 * at its first use, so a tensor that goes from one native program to the next costs TensorFlow nothing.
 */
export class EagerTensor {
  private holders = 1;
  private ownAddress: bigint | undefined;

  private constructor(
    private readonly tensorflow: TensorFlow,
    readonly shape: number[],
    readonly dataType: number,
    private ownHandle: Handle | undefined,
    private ownMemory: Memory | undefined,
  ) {}

  /** Takes over a handle. */
  static ofHandle(tensorflow: TensorFlow, handle: Handle, shape: number[], dataType: number): EagerTensor {
    return new EagerTensor(tensorflow, shape, dataType, handle, undefined);
  }

  /** New memory, not initialized. */
  static allocate(tensorflow: TensorFlow, shape: number[], dataType: number): EagerTensor {
    const bytes = byteLength(dataType, shape);
    const memory = tensorflow.c.TF_AllocateTensor(dataType, dims(shape), shape.length, bytes);
    const what = () => `memory of a tensor ${describeTensor(dataType, shape)}`;
    return new EagerTensor(tensorflow, shape, dataType, undefined, notNull(memory, what()));
  }

  get handle(): Handle {
    if (this.ownHandle === undefined) {
      const { c, status } = this.tensorflow;
      const made = c.TFE_NewTensorHandle(this.ownMemory!, status);
      check(c, status, this.describe);
      this.ownHandle = notNull(made, this.describe());
    }
    return this.ownHandle;
  }

  /** Address of the elements, on the host; 0 if there are none. */
  get address(): bigint {
    if (this.ownAddress !== undefined) return this.ownAddress;
    const { c, status } = this.tensorflow;
    if (this.ownMemory === undefined) {
      const resolved = c.TFE_TensorHandleResolve(this.ownHandle!, status);
      check(c, status, this.describe);
      this.ownMemory = notNull(resolved, this.describe());
    }
    const isEmpty = byteLength(this.dataType, this.shape) === 0;
    this.ownAddress = isEmpty ? 0n : notNull(c.TF_TensorData(this.ownMemory), this.describe());
    return this.ownAddress;
  }

  /** Keeps the tensor until one {@link release} more. */
  hold(): void {
    this.holders++;
  }

  /** Frees the tensor when nobody else holds it. */
  release(): void {
    if (--this.holders > 0) return;
    const { c } = this.tensorflow;
    if (this.ownHandle !== undefined) c.TFE_DeleteTensorHandle(this.ownHandle);
    if (this.ownMemory !== undefined) c.TF_DeleteTensor(this.ownMemory);
  }

  private readonly describe = () => `A tensor ${describeTensor(this.dataType, this.shape)}`;
}

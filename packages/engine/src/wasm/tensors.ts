/**
 * Takes the place of `@tensorflow/tfjs` where programs were compiled ahead of time: tensors that hold data and compute nothing. What
 * computes is inside the programs. A tensor's data is in JavaScript until a program needs it, and then in the memory of that program.
 */
import type { WasmDtype } from "./description";
import { bytesOf, elements, type LoadedModule, type TensorData } from "./memory";

/** Data that clones share. */
interface Storage {
  users: number;
  /** Undefined while the data is in a module. */
  host: TensorData | undefined;
  place: { readonly module: LoadedModule; readonly address: number } | undefined;
}

type Values = number | boolean | ArrayLike<number | boolean> | readonly Values[];

/** The tensors that were made in each open {@link tidy}. */
const scopes: Set<Tensor>[] = [];

export class Tensor {
  readonly size: number;
  readonly rank: number;
  isDisposed = false;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: WasmDtype,
    private readonly storage: Storage,
  ) {
    this.size = elements(shape);
    this.rank = shape.length;
    storage.users++;
    scopes.at(-1)?.add(this);
  }

  /** The address of the data in a module's memory, where it is put first. */
  addressIn(module: LoadedModule): number {
    this.checkAlive();
    const { storage, dtype, size } = this;
    if (storage.place?.module === module) return storage.place.address;
    const data = this.dataSync();
    release(storage, dtype, size);
    const address = module.allocate(bytesOf(dtype, size));
    module.view(dtype, address, size).set(data);
    storage.place = { module, address };
    storage.host = undefined;
    return address;
  }

  /** A copy of the elements. */
  dataSync(): TensorData {
    this.checkAlive();
    const { place, host } = this.storage;
    return (place === undefined ? host! : place.module.view(this.dtype, place.address, this.size)).slice();
  }

  data = async (): Promise<TensorData> => this.dataSync();

  clone(): Tensor {
    this.checkAlive();
    return new Tensor(this.shape, this.dtype, this.storage);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    for (const scope of scopes) scope.delete(this);
    if (--this.storage.users === 0) release(this.storage, this.dtype, this.size);
  }

  private checkAlive(): void {
    if (this.isDisposed) throw new Error(`a tensor of shape [${this.shape}] is disposed`);
  }
}

function release(storage: Storage, dtype: WasmDtype, size: number): void {
  storage.place?.module.free(storage.place.address, bytesOf(dtype, size));
  storage.place = undefined;
}

/** A tensor whose data a program has written. */
export const tensorAt = (
  module: LoadedModule,
  address: number,
  shape: readonly number[],
  dtype: WasmDtype,
): Tensor => new Tensor(shape, dtype, { users: 0, host: undefined, place: { module, address } });

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

export function tensor(values: Values, shape?: readonly number[], dtype: WasmDtype = "float32"): Tensor {
  const flat = flatValues(values);
  const sizes = shape ?? [flat.length];
  if (elements(sizes) !== flat.length)
    throw new Error(`tensor: ${flat.length} values do not fill the shape [${sizes}]`);
  const host = arrays[dtype].from(flat as ArrayLike<number>) as TensorData;
  return new Tensor([...sizes], dtype, { users: 0, host, place: undefined });
}

const flatValues = (values: Values): ArrayLike<number | boolean> => {
  if (typeof values !== "object") return [values];
  return Array.isArray(values) && typeof values[0] === "object"
    ? values.flatMap((row) => Array.from(flatValues(row)))
    : (values as ArrayLike<number>);
};

export const tensor1d = (values: Values, dtype?: WasmDtype): Tensor => tensor(values, undefined, dtype);
export const tensor2d = tensor;
export const scalar = (value: number | boolean, dtype?: WasmDtype): Tensor => tensor(value, [], dtype);
export const fill = (shape: readonly number[], value: number, dtype: WasmDtype = "float32"): Tensor =>
  tensor(new arrays[dtype](elements(shape)).fill(value), shape, dtype);
export const zeros = (shape: readonly number[], dtype?: WasmDtype): Tensor => fill(shape, 0, dtype);
export const ones = (shape: readonly number[], dtype?: WasmDtype): Tensor => fill(shape, 1, dtype);
export const zerosLike = ({ shape, dtype }: Tensor): Tensor => zeros(shape, dtype);
export const clone = (tensor: Tensor): Tensor => tensor.clone();

/** Runs `fn`, and disposes the tensors that it made and did not return. */
export function tidy<T>(fn: () => T): T {
  const made = new Set<Tensor>();
  scopes.push(made);
  try {
    const result = fn();
    for (const tensor of tensorsIn(result)) if (made.delete(tensor)) scopes.at(-2)?.add(tensor);
    return result;
  } finally {
    scopes.pop();
    for (const tensor of made) tensor.dispose();
  }
}

function tensorsIn(tree: unknown): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  return typeof tree === "object" && tree !== null ? Object.values(tree).flatMap(tensorsIn) : [];
}

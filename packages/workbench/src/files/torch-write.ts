import { writeFileAtomic } from "./atomic";
import { bytesOf, checkTensor, elementTypes, type StoredTensor } from "./tensor";
import { encodeZip } from "./zip";

/**
 * Writes tensors as `torch.save(state_dict, path)` does, so that `torch.load(path, weights_only=True)` reads them as an
 * OrderedDict. Tensors keep their order; the same tensors give the same bytes. Written atomically.
 *
 * @throws Error naming the tensor whose data does not fit its shape, or whose type PyTorch does not store this way.
 */
export function writeTorch(path: string, tensors: Readonly<Record<string, StoredTensor>>): void {
  const named = Object.entries(tensors);
  for (const [name, tensor] of named) {
    checkTensor(name, tensor);
    if (!elementTypes[tensor.dtype].torch)
      throw new Error(`tensor "${name}": no PyTorch storage for ${tensor.dtype}`);
  }
  const files: [string, Uint8Array][] = [
    ["archive/data.pkl", pickleStateDictionary(named)],
    ["archive/byteorder", Buffer.from("little")],
    ...named.map(([, { data }], key): [string, Uint8Array] => [`archive/data/${key}`, bytesOf(data)]),
    ["archive/version", Buffer.from("3\n")],
  ];
  writeFileAtomic(path, encodeZip(files));
}

/** OrderedDict of name -> _rebuild_tensor_v2(storage, offset 0, shape, strides, requires_grad, hooks), protocol 2. */
function pickleStateDictionary(named: readonly (readonly [string, StoredTensor])[]): Uint8Array {
  const orderedDict = [global("collections", "OrderedDict"), ")R"];
  const items = named.flatMap(([name, { dtype, shape, data }], key) => {
    const type = global("torch", elementTypes[dtype].torch!);
    const storage = ["(", text("storage"), type, text(String(key)), text("cpu"), integer(data.length), "tQ"];
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    const view = [integer(0), tuple(shape), tuple(strides), "\x89"];
    const rebuild = global("torch._utils", "_rebuild_tensor_v2");
    return [text(name), rebuild, "(", ...storage, ...view, ...orderedDict, "tR"];
  });
  const parts = ["\x80\x02", ...orderedDict, "(", ...items, "u."];
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
}

const global = (module: string, name: string): string => `c${module}\n${name}\n`;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from("X"), length, bytes]);
}

/** LONG1 with 8 bytes: any size, without the short forms that a few bytes would not be worth. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt16LE(0x088a);
  bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}

const tuple = (values: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from("("), ...values.map(integer), Buffer.from("t")]);

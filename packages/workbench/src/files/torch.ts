import { type ByteSource, openBytes, withBytes } from "./bytes";
import { unpickle } from "./pickle";
import { type ElementType, elementCount, elementsOf, elementTypes, type StoredTensor } from "./tensor";
import { isZip, readZip } from "./zip";

export { writeTorch } from "./torch-write";

/**
 * Reads the tensors of a PyTorch checkpoint: what `torch.save(model.state_dict(), path)` wrote, in the zip format or the
 * one before it (PyTorch < 1.6). Python is not needed and nothing in the file is executed. Tensors of nested dicts are
 * called "outer.inner"; values other than tensors are left out.
 *
 * @param source a path, or the file's bytes.
 * @returns row-major tensors by name. Tensors that share a storage share memory here too. bfloat16 and float16 stay bit
 *   patterns: decode with `toFloat32`.
 * @throws Error naming the file and the place if it is damaged, or asks for anything but tensors.
 * @example no-run
 * const weights = readTorch("step_50000");
 */
export function readTorch(source: string | Uint8Array): Record<string, StoredTensor> {
  return withBytes(source, (file) => {
    const { value, storages } = isZip(file) ? readZipFormat(file) : readLegacyFormat(file);
    const budget = { copied: 4 * file.size + 1e6 };
    const tensors = namedTensors(value, file.name).map(([name, view]): [string, StoredTensor] => {
      try {
        return [name, materialize(view, storages(view.storage), budget)];
      } catch (error) {
        throw new Error(`${file.name}, tensor "${name.slice(0, 200)}": ${(error as Error).message}`);
      }
    });
    return Object.fromEntries(tensors);
  });
}

/** Puts a prefix before every name: `"_orig_mod.model."` for the official code with torch.compile, else `"model."`. */
export function withPrefix<T>(named: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [prefix + name, value]));
}

/** The memory that tensors look into. */
interface Storage {
  kind: "storage";
  key: string;
  dtype: ElementType;
  elements: number;
}

/** A tensor as PyTorch describes it: where it starts in its storage, and how far apart neighbours are, in elements. */
interface View {
  kind: "view";
  storage: Storage;
  offset: number;
  shape: number[];
  strides: number[];
}

interface Unpickled {
  value: unknown;
  /** All bytes of a storage; the same array each time. */
  storages: (storage: Storage) => Uint8Array;
}

/** Objects that training scripts save beside weights. Each becomes nothing here, and none of its code runs. */
const skipped = [
  ...["numpy", "numpy.core", "numpy._core"].flatMap((numpy) => [
    `${numpy}.multiarray scalar`,
    `${numpy}.multiarray _reconstruct`,
  ]),
  ...["numpy dtype", "numpy ndarray", "_codecs encode", "argparse Namespace", "types SimpleNamespace"],
  ...["pathlib PosixPath", "pathlib PurePosixPath", "pathlib WindowsPath", "pathlib._local PosixPath"],
  ...["torch device", "torch.serialization _get_layout"],
];

/** The only names that a checkpoint of tensors needs. Each makes plain data here. */
const globals = new Map<string, unknown>([
  ...skipped.map((name): [string, unknown] => [name, () => null]),
  ...["collections defaultdict", "collections Counter"].map((name): [string, unknown] => [
    name,
    () => new Map(),
  ]),
  [
    "collections OrderedDict",
    (pairs: unknown) => new Map(pairs === undefined ? [] : (pairs as [unknown, unknown][])),
  ],
  ["torch Size", (sizes: unknown) => sizes],
  ["torch._utils _rebuild_tensor", rebuildTensor],
  ["torch._utils _rebuild_tensor_v2", rebuildTensor],
  ["torch._utils _rebuild_parameter", (tensor: unknown) => tensor],
  ...Object.entries(elementTypes).flatMap(([dtype, { torch }]): [string, unknown][] =>
    torch ? [[`torch ${torch}`, dtype]] : [],
  ),
]);

function rebuildTensor(storage: unknown, offset: unknown, shape: unknown, strides: unknown): View {
  if ((storage as Storage | undefined)?.kind !== "storage") throw new Error("a tensor is without storage");
  if (
    !Array.isArray(shape) ||
    !Array.isArray(strides) ||
    shape.length !== strides.length ||
    shape.length > 64
  ) {
    throw new Error("a tensor's shape and strides do not match");
  }
  elementCount(shape);
  elementCount([offset]);
  for (const stride of strides) elementCount([stride]);
  return { kind: "view", storage: storage as Storage, offset: offset as number, shape, strides };
}

/** A storage is named by ("storage", type, key, device, elements). */
function storageFrom(id: unknown): Storage {
  const [kind, dtype, key, , elements] = Array.isArray(id) ? id : [];
  if (
    kind !== "storage" ||
    typeof dtype !== "string" ||
    !Object.hasOwn(elementTypes, dtype) ||
    typeof key !== "string"
  ) {
    throw new Error("an object outside the pickle is not a tensor storage");
  }
  elementCount([elements]);
  return { kind: "storage", key, dtype: dtype as ElementType, elements: elements as number };
}

/** A zip archive: NAME/data.pkl describes the tensors, NAME/data/KEY holds the bytes of each storage. */
function readZipFormat(file: ByteSource): Unpickled {
  const entries = readZip(file);
  const pickleName = [...entries.keys()].find((name) => name === "data.pkl" || name.endsWith("/data.pkl"));
  if (!pickleName) throw new Error(`${file.name}: it has no data.pkl, so it is not a PyTorch checkpoint`);
  const folder = pickleName.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order && Buffer.from(order.readAll()).toString() !== "little") {
    throw new Error(`${file.name}: its numbers are not little-endian; save it again on a common machine`);
  }
  const pickle = entries.get(pickleName)!;
  const { value } = unpickle(openBytes(pickle.readAll(), pickle.name), { globals, persistent: storageFrom });
  const storages = remembered(({ key, dtype, elements }) => {
    const entry = entries.get(`${folder}data/${key}`);
    if (!entry) throw new Error(`there is no ${folder}data/${key.slice(0, 100)} in the file`);
    const needed = elements * elementTypes[dtype].bytes;
    if (entry.size !== needed) throw new Error(`${entry.name}: needs ${needed} bytes and has ${entry.size}`);
    return entry.readAll();
  });
  return { value, storages };
}

/** Pickles one after the other (magic number, version, machine, the object, its storage keys), then the storages. */
function readLegacyFormat(file: ByteSource): Unpickled {
  const world = { globals, persistent: storageFrom };
  const magic = unpickle(file, world);
  if (magic.value !== 0x1950a86a20f9469cfc6cn) throw new Error(`${file.name}: this is no PyTorch checkpoint`);
  const version = unpickle(file, world, magic.end);
  const machine = unpickle(file, world, version.end);
  const object = unpickle(file, world, machine.end);
  const keys = unpickle(file, world, object.end);
  if (version.value !== 1001) throw new Error(`${file.name}: unknown version of the old PyTorch format`);
  if (!Array.isArray(keys.value)) throw new Error(`${file.name}, byte ${object.end}: no list of storages`);

  const described = new Map(
    namedTensors(object.value, file.name).map(([, { storage }]) => [storage.key, storage]),
  );
  const ranges = new Map<string, { start: number; bytes: number }>();
  let at = keys.end;
  for (const key of keys.value as unknown[]) {
    const elements = Number(Buffer.from(file.read(at, 8)).readBigInt64LE());
    const storage = described.get(String(key));
    // A storage of no tensor could have any element size, so what follows could not be found.
    if (storage?.elements !== elements)
      throw new Error(`${file.name}, byte ${at}: not the storage that was described`);
    const bytes = elements * elementTypes[storage.dtype].bytes;
    ranges.set(storage.key, { start: at + 8, bytes });
    at += 8 + bytes;
  }
  const storages = remembered(({ key }) => {
    const range = ranges.get(key);
    if (!range) throw new Error(`its storage ${key.slice(0, 100)} is not in the file`);
    return file.read(range.start, range.bytes);
  });
  return { value: object.value, storages };
}

/** Each storage is read once, so that memory stays below the size of the file however often it is referred to. */
function remembered(read: (storage: Storage) => Uint8Array): (storage: Storage) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (storage) => {
    const bytes = known.get(storage.key) ?? read(storage);
    known.set(storage.key, bytes);
    return bytes;
  };
}

/** All tensors of a (nested) dict by name. */
function namedTensors(value: unknown, where: string): [string, View][] {
  const found: [string, View][] = [];
  // Dicts that hold each other could go on without end.
  let visits = 0;
  const visit = (item: unknown, path: string, depth: number) => {
    if (++visits > 100_000 || depth > 30) throw new Error(`${where}: its dicts are nested without end`);
    if ((item as View | null)?.kind === "view") found.push([path, item as View]);
    else if (item instanceof Map) {
      for (const [key, inner] of item) {
        const name = typeof key === "object" ? "?" : String(key);
        visit(inner, path ? `${path}.${name}` : name, depth + 1);
      }
    }
  };
  if (!(value instanceof Map)) throw new Error(`${where}: it holds no state dictionary but something else`);
  visit(value, "", 0);
  const names = new Set(found.map(([name]) => name));
  if (names.size !== found.length) throw new Error(`${where}: two of its tensors have the same name`);
  return found;
}

function materialize(view: View, storage: Uint8Array, budget: { copied: number }): StoredTensor {
  const {
    storage: { dtype },
    offset,
    shape,
    strides,
  } = view;
  const width = elementTypes[dtype].bytes;
  const count = elementCount(shape);
  const last = count ? shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset) : offset;
  if (last >= storage.length / width + (count ? 0 : 1)) {
    throw new Error(`it reaches to element ${last} of a storage of ${storage.length / width}`);
  }
  const contiguous = strides.every(
    (stride, axis) => shape[axis] === 1 || stride === elementCount(shape.slice(axis + 1)),
  );
  if (contiguous || count === 0) {
    return {
      dtype,
      shape,
      data: elementsOf(dtype, storage.subarray(offset * width, (offset + count) * width)),
    };
  }
  // A view may repeat one element without end, so what is copied out is limited by the size of the file.
  budget.copied -= count * width;
  if (budget.copied < 0)
    throw new Error("its views are far larger than the file, so it is not a model checkpoint");
  const all = elementsOf(dtype, storage);
  const data = new elementTypes[dtype].array(count);
  for (let to = 0; to < count; to++) {
    let from = offset;
    for (let axis = shape.length - 1, rest = to; axis >= 0; rest = Math.floor(rest / shape[axis--])) {
      from += (rest % shape[axis]) * strides[axis];
    }
    data[to] = all[from];
  }
  return { dtype, shape, data };
}

import { type Chunk, writeFileAtomic } from "./atomic";
import { type ByteSource, openBytes, withBytes } from "./bytes";
import {
  bytesOf,
  checkTensor,
  type ElementType,
  elementCount,
  elementsOf,
  elementTypeNamed,
  elementTypes,
  type StoredTensor,
  type TypedArray,
} from "./tensor";

// NumPy's .npy: magic, version, header length, then a Python dict as text, then the raw elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
// The packages for it read whole files only; dataset folders are read row by row here.

/**
 * Reads a whole `.npy` file (header versions 1 to 3). Arrays in Fortran order come out row-major like all others.
 *
 * @param source a path, or the file's bytes.
 * @throws Error naming the file if the header and the size of the file do not agree, or the dtype is not numeric.
 */
export function readNpy(source: string | Uint8Array): StoredTensor {
  return withBytes(source, (file) => {
    const { dtype, shape, fortranOrder, dataStart } = readHeader(file);
    const data = elementsOf(dtype, file.read(dataStart, file.size - dataStart));
    return { dtype, shape, data: fortranOrder ? rowMajor(data, shape) : data };
  });
}

/** An open `.npy` file whose rows (the first dimension) are read when they are asked for. */
export interface NpyRows {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Elements in a row: the product of all dimensions but the first. */
  readonly rowLength: number;
  /** Rows from `begin` up to `end`, one after the other, in one read. */
  read(begin: number, end: number): TypedArray;
  close(): void;
}

/**
 * Opens a `.npy` file for reading by rows: memory use is that of the rows asked for, whatever the size of the file. The
 * system's page cache keeps what is read often, as it does for NumPy's `mmap_mode="r"`.
 *
 * @throws Error naming the file, also if it is in Fortran order, where a row lies scattered over the whole file.
 */
export function openNpy(path: string): NpyRows {
  const file = openBytes(path);
  try {
    const { dtype, shape, fortranOrder, dataStart } = readHeader(file);
    if (fortranOrder && shape.length > 1) {
      throw new Error(`${path}: the array is in Fortran order; save it with numpy.ascontiguousarray`);
    }
    const rowLength = elementCount(shape.slice(1));
    const rowBytes = rowLength * elementTypes[dtype].bytes;
    const read = (begin: number, end: number): TypedArray => {
      if (!(begin >= 0 && begin <= end && end <= (shape[0] ?? 1))) {
        throw new RangeError(`${path}: rows ${begin} to ${end} are asked for, it has ${shape[0] ?? 1}`);
      }
      return elementsOf(dtype, file.read(dataStart + begin * rowBytes, (end - begin) * rowBytes));
    };
    return { name: path, dtype, shape, rowLength, read, close: file.close };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Writes a `.npy` file atomically, byte for byte as `numpy.save` does. */
export function writeNpy(path: string, tensor: StoredTensor): void {
  checkTensor(path, tensor);
  writeNpyRows(path, tensor.dtype, tensor.shape, [tensor.data]);
}

/**
 * Writes a `.npy` file atomically from pieces made one at a time, so that it may be larger than memory.
 * @throws Error if the pieces are not as many elements as `shape` says, or of another type than `dtype`.
 */
export function writeNpyRows(
  path: string,
  dtype: ElementType,
  shape: readonly number[],
  pieces: Iterable<TypedArray>,
): void {
  function* chunks(): Generator<Chunk> {
    yield encodeHeader(dtype, shape);
    let elements = 0;
    for (const piece of pieces) {
      checkTensor(path, { dtype, shape: [piece.length], data: piece });
      elements += piece.length;
      yield bytesOf(piece);
    }
    if (elements !== elementCount(shape)) {
      throw new Error(
        `${path}: shape [${shape}] needs ${elementCount(shape)} elements, ${elements} were given`,
      );
    }
  }
  writeFileAtomic(path, chunks());
}

interface Header {
  dtype: ElementType;
  shape: number[];
  fortranOrder: boolean;
  dataStart: number;
}

/** NumPy reads no longer header either (`max_header_size`). */
const maxHeaderBytes = 10_000;
const magic = "\x93NUMPY";

function readHeader(file: ByteSource): Header {
  const fail = (problem: string) => new Error(`${file.name}, header: ${problem}`);
  const start = Buffer.from(file.read(0, Math.min(12, file.size)).buffer);
  if (start.length < 10 || start.toString("latin1", 0, 6) !== magic) throw fail("this is not a .npy file");
  const version = start[6];
  if (version < 1 || version > 3 || start.length < 12) throw fail(`unknown .npy version ${version}`);
  const textStart = version === 1 ? 10 : 12;
  const textBytes = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  if (textBytes > Math.min(maxHeaderBytes, file.size - textStart)) {
    throw fail(`it says it has ${textBytes} bytes; the file has ${file.size - textStart} after it`);
  }
  const text = Buffer.from(file.read(textStart, textBytes).buffer).toString("latin1");
  const { descr, fortran_order: order, shape: sizes } = readDictionary(text, fail);
  const dtype = elementTypeNamed("npy", descr?.slice(1, -1));
  if (descr === undefined) throw fail("descr is missing");
  if (!dtype) throw fail(`descr ${descr.slice(0, 60)} is not a number type that is read here`);
  if (order !== "True" && order !== "False") throw fail("fortran_order must be True or False");
  if (!sizes?.startsWith("(")) throw fail("shape must be a tuple of sizes");
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  const dataStart = textStart + textBytes;
  let needed: number;
  try {
    needed = elementCount(shape) * elementTypes[dtype].bytes;
  } catch (error) {
    throw fail((error as Error).message);
  }
  if (needed !== file.size - dataStart) {
    throw fail(
      `shape (${shape}) of ${dtype} needs ${needed} bytes, but the file has ${file.size - dataStart} after it`,
    );
  }
  return { dtype, shape, fortranOrder: order === "True", dataStart };
}

/** The header's Python dict as key -> source text of the value. Nothing but what NumPy writes is understood. */
function readDictionary(text: string, fail: (problem: string) => Error): Record<string, string | undefined> {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw fail("it is not a Python dict");
  const pair =
    /\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\((?:\d+,\s?)*\d*\))\s*(?:,\s*|$)/y;
  const found: Record<string, string> = {};
  while (pair.lastIndex < body.length) {
    const at = pair.lastIndex;
    const match = pair.exec(body);
    if (!match) throw fail(`it is not as NumPy writes it, at "${body.slice(at, at + 60)}"`);
    if (found[match[1]]) throw fail(`${match[1]} is given twice`);
    found[match[1]] = match[2];
  }
  return found;
}

/** The header that `numpy.save` writes, padding included: data starts at a multiple of 64. */
function encodeHeader(dtype: ElementType, shape: readonly number[]): Uint8Array {
  const { npy } = elementTypes[dtype];
  if (!npy) throw new Error(`NumPy has no type for ${dtype}: write float32 instead`);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  // NumPy leaves room for the first dimension to grow to 21 digits.
  const growth = shape.length ? " ".repeat(21 - String(shape[0]).length) : "";
  const text = `{'descr': '${npy}', 'fortran_order': False, 'shape': (${tuple}), }${growth}`;
  const padding = 64 - ((10 + text.length + 1) % 64);
  const header = Buffer.from(`${magic}\x01\0\0\0${text}${" ".repeat(padding)}\n`, "latin1");
  header.writeUInt16LE(header.length - 10, 8);
  return header;
}

/** Fortran order counts the first dimension fastest; this copies into the order of all other arrays here. */
function rowMajor(data: TypedArray, shape: readonly number[]): TypedArray {
  const out = data.slice();
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  for (let to = 0; to < out.length; to++) {
    let rest = to;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    out[to] = data[from];
  }
  return out;
}

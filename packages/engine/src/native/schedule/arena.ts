/** Offsets of buffers in one block of memory. Buffers that are not live at the same time may overlap. */

export interface Lifetime {
  readonly bytes: number;
  /** Indices of the first and the last kernel that uses the buffer. */
  readonly first: number;
  readonly last: number;
}

/** Vector instructions may read this many bytes past the end of a buffer. */
const padding = 256;

/** Assigns offsets, in order of decreasing size: each buffer gets the lowest offset that is free during its lifetime. */
export function assignOffsets<T extends Lifetime>(
  items: readonly T[],
): { offsets: Map<T, number>; bytes: number } {
  const offsets = new Map<T, number>();
  const placed: { from: number; to: number; item: T }[] = [];
  let bytes = 0;
  const sorted = [...items].sort((a, b) => b.bytes - a.bytes);
  for (const item of sorted) {
    const size = Math.ceil((item.bytes + padding) / 64) * 64;
    let offset = 0;
    for (const other of placed) {
      if (other.item.first > item.last || other.item.last < item.first) continue;
      if (offset + size <= other.from) break;
      offset = Math.max(offset, other.to);
    }
    offsets.set(item, offset);
    const entry = { from: offset, to: offset + size, item };
    const index = placed.findIndex(({ from }) => from > offset);
    placed.splice(index < 0 ? placed.length : index, 0, entry);
    bytes = Math.max(bytes, offset + size);
  }
  return { offsets, bytes };
}

/**
 * Writes protocol buffers: the three kinds of field that we need.
 *
 * A message is a list of fields. A number is the tag `field << 3` followed by the value, both as varints (7 bits a byte,
 * lowest first, the high bit says that more follow). Bytes, and nested messages, are the tag `field << 3 | 2`, the length,
 * and the content.
 */

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** A field with a whole number that is not negative. */
export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A field with bytes. */
export function bytesField(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

/** A field with a message. */
export function messageField(field: number, ...fields: Buffer[]): Buffer {
  return bytesField(field, Buffer.concat(fields));
}

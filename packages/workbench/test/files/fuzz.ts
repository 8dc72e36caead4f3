import assert from "node:assert/strict";
import { createRandom, type Random } from "trm/random";

/** What damages parsers most: edges of number ranges, structure of the text formats, pickle's and zip's own marks. */
const pieces = [
  ...[
    "\0",
    "\xff",
    "\x7f\xff\xff\xff",
    "\xff\xff\xff\x7f",
    "\xff".repeat(8),
    "\0".repeat(8),
    "\0\0\0\0\0\0\0\x80",
  ],
  ...[
    "-1",
    "1e999",
    "99999999999999999999",
    "0.5",
    "null",
    "true",
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "(",
    ")",
  ],
  ...[
    "\n",
    "\r\n",
    ",,",
    '""',
    "<i8",
    "|O",
    "F64",
    "__proto__",
    "0,",
    "PK\x01\x02",
    "PK\x05\x06",
    "PK\x06\x07",
  ],
  ...[
    "(",
    "t",
    "R",
    "b",
    "u",
    "s",
    "q\0",
    "h\0",
    "h\x01",
    "X\xff\xff\xff\xff",
    "K\x00",
    "J\xff\xff\xff\xff",
    "Q",
    ".",
  ],
].map((piece) => Buffer.from(piece, "latin1"));

/** A sample with one to four random injuries. */
function injured(samples: readonly Buffer[], random: Random): Buffer {
  let bytes = Buffer.from(samples[random.int(0, samples.length)]);
  for (let injuries = random.int(1, 5); injuries > 0; injuries--) {
    const at = random.int(0, bytes.length + 1);
    const length = random.int(0, 1 + Math.min(40, bytes.length - at));
    const piece = pieces[random.int(0, pieces.length)];
    const other = samples[random.int(0, samples.length)];
    const [before, cut, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + length),
      bytes.subarray(at + length),
    ];
    const kinds = [
      () => [before, cut.map((byte) => byte ^ (1 << random.int(0, 8))), after],
      () => [before, cut.map(() => random.int(0, 256)), after],
      () => [before, piece, bytes.subarray(Math.min(bytes.length, at + piece.length))],
      () => [before, piece, cut, after],
      () => [before, cut, cut, after],
      () => [before, after],
      () => [before],
      () => [before, other.subarray(Math.min(other.length, at))],
    ];
    bytes = Buffer.concat(kinds[random.int(0, kinds.length)]());
  }
  return bytes;
}

/** Messages of JavaScript itself: an injury got past the checks. */
const unforeseen =
  /Cannot |is not (a function|iterable|an object|defined)|call stack|Invalid (array|typed)|out of range|must be (of type|>=)|offset is|ERR_|undefined|allocation/;

/**
 * Gives `read` many injured copies of the samples, always the same ones for a name. Each must be read, or refused with an
 * error that names the file and was written for it; none may take long or much memory.
 *
 * @param fileName what errors must say.
 */
export async function fuzz(
  name: string,
  fileName: string,
  samples: readonly Buffer[],
  read: (bytes: Buffer) => unknown,
  times = 10_000,
): Promise<void> {
  const random = createRandom(`fuzz ${name}`);
  const peakBefore = process.resourceUsage().maxRSS;
  let refused = 0;
  for (let i = 0; i < times; i++) {
    const bytes = injured(samples, random);
    const began = process.cpuUsage();
    try {
      await read(bytes);
    } catch (error) {
      const { message } = error as Error;
      assert.ok(message.includes(fileName), `input ${i}: the error does not name the file: ${message}`);
      assert.ok(!unforeseen.test(message), `input ${i}: no check foresaw it: ${(error as Error).stack}`);
      refused++;
    }
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 2e6, `input ${i} took ${(user + system) / 1e6} s`);
  }
  const growth = (process.resourceUsage().maxRSS - peakBefore) / 1024;
  assert.ok(growth < 400, `memory grew by ${growth} MB`);
  assert.ok(
    refused > times / 10 && refused < times,
    `${refused} of ${times} refused: the injuries test nothing`,
  );
}

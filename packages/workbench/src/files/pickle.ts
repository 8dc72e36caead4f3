import type { ByteSource } from "./bytes";

// A pickle is a program for a small stack machine, and Python's own reader will import and call whatever it names. This
// reader only builds data: a name that is not in the caller's table stops it, and nothing outside the table can run.
// Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py. The npm packages have no such table.

/** The globals that a pickle may refer to. */
export interface PickleWorld {
  /** "module name" -> what it stands for. A function may be called by the pickle, with a tuple of arguments. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** Resolves an object that lies outside the pickle (PyTorch: a storage). */
  readonly persistent: (id: unknown) => unknown;
}

/** Ten times what a checkpoint of a thousand tensors takes, and few enough to stay small in memory. */
const maxSteps = 1_000_000;

/**
 * Reads one pickle: None becomes null, dicts become Maps, tuples and lists arrays, integers beyond 2^53 bigints.
 *
 * @param start where the pickle begins in `source`.
 * @returns the value, and the position after the pickle.
 * @throws Error naming the file and the byte, for anything that is damaged, unknown or not in `world`.
 */
export function unpickle(source: ByteSource, world: PickleWorld, start = 0): { value: unknown; end: number } {
  const input = byteCursor(source, start);
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let at = start;
  let steps = 0;

  const fail = (problem: string) => new Error(`${source.name}, byte ${at}: ${problem}`);
  const pop = () => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fail("the pickle takes a value that is not there");
    return stack.pop();
  };
  const top = () => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const popToMark = () => {
    const mark = marks.pop();
    if (mark === undefined) throw fail("the pickle ends a list that it did not begin");
    return stack.splice(mark);
  };
  const popTuple = (length: number) => Array.from({ length }, pop).reverse();
  const recall = (index: number) => {
    if (!memo.has(index)) throw fail(`the pickle repeats value ${index}, which it has not given`);
    stack.push(memo.get(index));
  };
  const find = (module: unknown, member: unknown) => {
    const name = typeof module === "string" && typeof member === "string" ? `${module} ${member}` : "no name";
    if (!world.globals.has(name)) {
      throw fail(
        `the pickle asks for "${name.slice(0, 100)}", which has no place in a checkpoint. Nothing was run. Save the weights alone: torch.save(model.state_dict(), path)`,
      );
    }
    stack.push(world.globals.get(name));
  };
  const call = (args: unknown, callee: unknown) => {
    if (typeof callee !== "function" || !Array.isArray(args))
      throw fail("the pickle calls a value that cannot be called");
    try {
      stack.push(callee(...args.slice(0, 16)));
    } catch (error) {
      throw fail((error as Error).message);
    }
  };
  const append = (items: unknown[], list: unknown) => {
    if (!Array.isArray(list)) throw fail("the pickle appends to a value other than a list");
    for (const item of items) list.push(item);
  };
  const setItems = (items: unknown[], dict: unknown) => {
    if (!(dict instanceof Map) || items.length % 2)
      throw fail("the pickle sets items of a value other than a dict");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };

  for (;;) {
    at = input.position();
    if (++steps > maxSteps) throw fail(`more than ${maxSteps} steps, so it is not a model checkpoint`);
    const opcode = input.uint(1);
    switch (opcode) {
      case 0x80: // PROTO
        if (input.uint(1) > 5) throw fail("the pickle is of a newer protocol than 5");
        break;
      case 0x95: // FRAME: its length is only a hint for buffering
        input.take(8);
        break;
      case 0x2e: // STOP
        return { value: pop(), end: input.position() };
      case 0x28: // MARK
        marks.push(stack.length);
        break;
      case 0x30: // POP
        pop();
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x4a: // BININT
        stack.push(input.uint(4) | 0);
        break;
      case 0x4b: // BININT1
        stack.push(input.uint(1));
        break;
      case 0x4d: // BININT2
        stack.push(input.uint(2));
        break;
      case 0x8a: // LONG1
        stack.push(signedInteger(input.take(input.uint(1))));
        break;
      case 0x47: // BINFLOAT
        stack.push(Buffer.from(input.take(8)).readDoubleBE());
        break;
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
        stack.push(input.text(input.uint(1)));
        break;
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
        stack.push(input.text(input.uint(4)));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(input.take(input.uint(1)));
        break;
      case 0x42: // BINBYTES
        stack.push(input.take(input.uint(4)));
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x8f: // EMPTY_SET
        stack.push([]);
        break;
      case 0x74: // TUPLE
        stack.push(popToMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(popTuple(opcode - 0x84));
        break;
      case 0x61: // APPEND
        append([pop()], top());
        break;
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        append(popToMark(), top());
        break;
      case 0x73: // SETITEM
        setItems(popTuple(2), top());
        break;
      case 0x75: // SETITEMS
        setItems(popToMark(), top());
        break;
      case 0x71: // BINPUT
        memo.set(input.uint(1), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(input.uint(4), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x68: // BINGET
        recall(input.uint(1));
        break;
      case 0x6a: // LONG_BINGET
        recall(input.uint(4));
        break;
      case 0x63: // GLOBAL
        find(input.line(), input.line());
        break;
      case 0x93: // STACK_GLOBAL
        find(...(popTuple(2) as [unknown, unknown]));
        break;
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        call(pop(), pop());
        break;
      case 0x62: // BUILD: attributes of an object, such as a state dictionary's versions; none is data
        pop();
        top();
        break;
      case 0x51: // BINPERSID
        call([pop()], world.persistent);
        break;
      default:
        throw fail(`opcode 0x${opcode.toString(16)} is unknown; the file is damaged or no checkpoint`);
    }
  }
}

/** Reads forward through a source in windows, so that a pickle at the start of a large file costs only its own size. */
function byteCursor(source: ByteSource, start: number) {
  let next = start;
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = start;
  const take = (length: number): Uint8Array => {
    if (next + length > windowStart + window.length) {
      window = source.read(next, Math.max(length, Math.min(1 << 16, source.size - next)));
      windowStart = next;
    }
    const from = next - windowStart;
    next += length;
    return window.subarray(from, from + length);
  };
  const utf8 = new TextDecoder("utf-8");
  return {
    position: () => next,
    take,
    uint: (bytes: number) => take(bytes).reduceRight((value, byte) => value * 256 + byte, 0),
    text: (bytes: number) => utf8.decode(take(bytes)),
    line() {
      let text = "";
      for (let byte = take(1)[0]; byte !== 10; byte = take(1)[0]) {
        text += String.fromCharCode(byte);
        if (text.length > 200) throw new Error(`${source.name}, byte ${next}: a name of over 200 characters`);
      }
      return text;
    },
  };
}

/** A little-endian two's complement integer of any length; a number if that is exact. */
function signedInteger(bytes: Uint8Array): number | bigint {
  const hex = Buffer.from(bytes).reverse().toString("hex");
  const value = hex ? BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`)) : 0n;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

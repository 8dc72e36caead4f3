const copies = (T: string, A: string) =>
  `toReversed(): ${A}; toSorted(compare?: (a: ${T}, b: ${T}) => number): ${A}; with(index: number, value: ${T}): ${A};`;
const spliced = "toSpliced(start: number, deleted?: number, ...items: T[]): T[];";
const numbers = "Int8 Uint8 Uint8Clamped Int16 Uint16 Int32 Uint32 Float32 Float64".split(" ");

/**
 * The standard library of the Node that runs, as far as it is newer than the TypeScript of tslab (5.0, which knows ES2023).
 * A declaration is given to the checker where this Node has the function.
 */
const declarations: readonly (readonly [has: () => boolean, text: string])[] = [
  [
    () => "toSorted" in Array.prototype,
    ["Array", "ReadonlyArray"]
      .map((name) => `interface ${name}<T> { ${copies("T", "T[]")} ${spliced} }`)
      .concat(numbers.map((name) => `interface ${name}Array { ${copies("number", `${name}Array`)} }`))
      .join("\n"),
  ],
  [
    () => "isWellFormed" in String.prototype,
    "interface String { isWellFormed(): boolean; toWellFormed(): string; }",
  ],
  [
    () => "resize" in ArrayBuffer.prototype,
    "interface ArrayBuffer { readonly resizable: boolean; readonly maxByteLength: number; resize(bytes?: number): void; }",
  ],
  [
    () => "transfer" in ArrayBuffer.prototype,
    "interface ArrayBuffer { readonly detached: boolean; transfer(bytes?: number): ArrayBuffer; transferToFixedLength(bytes?: number): ArrayBuffer; }",
  ],
  [
    () => "groupBy" in Object,
    `interface ObjectConstructor { groupBy<K extends PropertyKey, T>(items: Iterable<T>, key: (item: T, index: number) => K): Partial<Record<K, T[]>>; }
interface MapConstructor { groupBy<K, T>(items: Iterable<T>, key: (item: T, index: number) => K): Map<K, T[]>; }`,
  ],
  [
    () => "withResolvers" in Promise,
    "interface PromiseConstructor { withResolvers<T>(): { promise: Promise<T>; resolve: (value: T | PromiseLike<T>) => void; reject: (reason?: any) => void }; }",
  ],
  [
    () => "try" in Promise,
    "interface PromiseConstructor { try<T, A extends unknown[]>(run: (...args: A) => T | PromiseLike<T>, ...args: A): Promise<Awaited<T>>; }",
  ],
  [
    () => "fromAsync" in Array,
    `interface ArrayConstructor { fromAsync<T>(items: AsyncIterable<T> | Iterable<T | PromiseLike<T>> | ArrayLike<T | PromiseLike<T>>): Promise<T[]>;
fromAsync<T, U>(items: AsyncIterable<T> | Iterable<T> | ArrayLike<T>, map: (item: Awaited<T>, index: number) => U): Promise<Awaited<U>[]>; }`,
  ],
  [
    () => "union" in Set.prototype,
    `interface Set<T> { union<U>(other: ReadonlySet<U>): Set<T | U>; intersection<U>(other: ReadonlySet<U>): Set<T & U>;
difference<U>(other: ReadonlySet<U>): Set<T>; symmetricDifference<U>(other: ReadonlySet<U>): Set<T | U>;
isSubsetOf(other: ReadonlySet<unknown>): boolean; isSupersetOf(other: ReadonlySet<unknown>): boolean; isDisjointFrom(other: ReadonlySet<unknown>): boolean; }`,
  ],
  [
    () => "Iterator" in globalThis,
    `interface IterableIterator<T> { map<U>(f: (value: T, index: number) => U): IterableIterator<U>; filter(f: (value: T, index: number) => unknown): IterableIterator<T>;
take(count: number): IterableIterator<T>; drop(count: number): IterableIterator<T>; flatMap<U>(f: (value: T, index: number) => Iterable<U>): IterableIterator<U>;
reduce<U>(f: (sum: U, value: T, index: number) => U, first: U): U; toArray(): T[]; forEach(f: (value: T, index: number) => void): void;
some(f: (value: T, index: number) => unknown): boolean; every(f: (value: T, index: number) => unknown): boolean; find(f: (value: T, index: number) => unknown): T | undefined; }`,
  ],
  [() => "escape" in RegExp, "interface RegExpConstructor { escape(text: string): string; }"],
];

/** A file of global declarations. */
export function newerTypes(): string {
  const texts = declarations.flatMap(([has, text]) => (has() ? [text] : []));
  return texts.join("\n");
}

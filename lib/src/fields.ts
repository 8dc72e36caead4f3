/**
 * Fields of a configuration. A field is written once, as an entry of a table such as `modelFields`: its type, its default, its
 * check and its name in the official code. The comment on the entry is its meaning, which editors show wherever it is used.
 */

/** A field in the official code's configuration. */
export interface Official<T> {
  /** Path from the top of its `all_config.yaml`, such as `arch.hidden_size`. */
  readonly name: string;
  /** Official files may leave it out, which means our default. */
  readonly optional?: boolean;
  /** Our value for an official one; left out where they are the same. */
  read?(official: unknown): T;
  /** The official value for ours; left out where they are the same. */
  write?(value: T): unknown;
}

/** One field of a configuration. */
export interface Field<T> {
  /** Completes "must be" in messages: "a number". */
  readonly kind: string;
  is(value: unknown): boolean;
  /** Completes "it must" in messages about values of the right kind: "be at least 0 and below 1". */
  readonly rule?: string;
  allows?(value: T): boolean;
  /** All possible values, where they can be listed. */
  readonly choices?: readonly T[];
  /** Of a list: what each entry must be. */
  readonly item?: Field<unknown>;
  readonly default?: T;
  readonly official?: Official<T>;
}

/** A section of a configuration: its fields by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The configuration that a table of fields describes, with the comments of the table's entries. */
export type ConfigOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Settings of any field. */
export interface FieldOptions<T> {
  readonly default?: T;
  /** The official code's name, or its name with a conversion. */
  readonly official?: string | Official<T>;
}

/**
 * A field of any kind.
 * @param kind completes "must be" in messages
 * @example
 * const networks = field<1 | 2>("1 or 2", (value) => value === 1 || value === 2, { default: 1 });
 */
export function field<T>(
  kind: string,
  is: (value: unknown) => boolean,
  { official, ...options }: FieldOptions<T> & Pick<Field<T>, "rule" | "allows" | "choices" | "item"> = {},
): Field<T> {
  return {
    kind,
    is,
    ...options,
    ...(official && { official: typeof official === "string" ? { name: official } : official }),
  };
}

/** Bounds of a number. */
export interface Bounds {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
}

/** A finite number. */
export function number({ default: standard, official, ...bounds }: FieldOptions<number> & Bounds = {}) {
  return numberField("a number", Number.isFinite, bounds, { default: standard, official });
}

/** A whole number. */
export function integer({ default: standard, official, ...bounds }: FieldOptions<number> & Bounds = {}) {
  return numberField("a whole number", Number.isSafeInteger, bounds, { default: standard, official });
}

function numberField(
  noun: string,
  isOne: (value: number) => boolean,
  bounds: Bounds,
  options: FieldOptions<number>,
): Field<number> {
  const { atLeast = -Infinity, above = -Infinity, atMost = Infinity, below = Infinity } = bounds;
  return field("a number", Number.isFinite, {
    ...options,
    rule: `be ${boundsText(noun, bounds)}`,
    allows: (value) => isOne(value) && value >= atLeast && value > above && value <= atMost && value < below,
  });
}

function boundsText(noun: string, { atLeast, above, atMost, below }: Bounds): string {
  if (above !== undefined) return `above ${above}`;
  if (atLeast === undefined) return noun;
  if (below !== undefined) return `at least ${atLeast} and below ${below}`;
  return atMost === undefined ? `${noun} of at least ${atLeast}` : `between ${atLeast} and ${atMost}`;
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(words: W, options: FieldOptions<W[number]> = {}) {
  return field<W[number]>(words.join(" or "), (value) => words.includes(value as string), {
    ...options,
    choices: words,
  });
}

/** True or false. */
export function flag(options: FieldOptions<boolean> = {}): Field<boolean> {
  return field("true or false", (value) => typeof value === "boolean", options);
}

/** Any text. */
export function text(options: FieldOptions<string> = {}): Field<string> {
  return field("a string", (value) => typeof value === "string", options);
}

/**
 * A list of values, each of which the field `item` accepts.
 * @param options `rule` and `allows` judge the list as a whole
 */
export function list<const T>(
  item: Field<T>,
  options: FieldOptions<readonly T[]> & Pick<Field<readonly T[]>, "rule" | "allows"> = {},
): Field<readonly T[]> {
  return field("an array", Array.isArray, { ...options, item: item as Field<unknown> });
}

/** A field that may also be null, which is its default. */
export function orNull<T>(inner: Field<T>, options: FieldOptions<T | null> = {}): Field<T | null> {
  const { kind, rule, allows } = inner;
  return field<T | null>(kind, (value) => value === null || inner.is(value), {
    default: null,
    ...options,
    ...(rule && allows && { rule, allows: (value) => value === null || allows(value) }),
  });
}

/** The defaults of fields that all have one. */
export function defaultsOf<F extends Fields>(fields: F): ConfigOf<F> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.default]),
  ) as ConfigOf<F>;
}

/** The reason why a field cannot have a value. */
export interface FieldProblem {
  readonly message: string;
  /** The value, and the words it may be, where the field has only a few. */
  readonly value: unknown;
  readonly choices?: readonly unknown[];
}

/**
 * Checks the value of one field.
 * @param path names the field in the message, such as `model.hiddenSize`
 */
export function fieldProblem(path: string, field: Field<unknown>, value: unknown): FieldProblem | undefined {
  const { kind, choices, item, rule } = field;
  if (value === undefined) return { message: `${path} is missing`, value };
  if (!field.is(value)) {
    const allowed = choices ? `can be ${choices.join(", ")}` : `must be ${kind}`;
    return { message: `${path} ${allowed}, not ${shown(value)}`, value, choices };
  }
  for (const [i, entry] of item ? (value as unknown[]).entries() : []) {
    const problem = item && fieldProblem(`${path}.${i}`, item, entry);
    if (problem) return problem;
  }
  if (field.allows?.(value) === false) {
    return { message: `${path} is ${shown(value)}; it must ${rule}`, value };
  }
}

/**
 * Checks every field of a section.
 * @throws RangeError naming the field and the values it may take
 */
export function checkFields(section: string, fields: Fields, config: object): void {
  for (const [name, field] of Object.entries(fields)) {
    const problem = fieldProblem(`${section}.${name}`, field, (config as Record<string, unknown>)[name]);
    if (problem) throw new RangeError(problem.message);
  }
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.slice(0, 100);
}

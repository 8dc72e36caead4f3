import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkFields,
  defaultsOf,
  type Fields,
  fieldProblem,
  flag,
  integer,
  list,
  number,
  oneOf,
  orNull,
  text,
} from "../src/fields";

const fields = {
  size: integer({ default: 3, atLeast: 1 }),
  seed: integer({ default: 0 }),
  decay: number({ default: 0.9, atLeast: 0, below: 1 }),
  share: number({ default: 0.5, atLeast: 0, atMost: 1 }),
  scale: number({ default: 2, above: 0 }),
  limit: orNull(integer({ atLeast: 1 })),
  kind: oneOf(["a", "b"], { default: "a" }),
  shuffle: flag({ default: false }),
  names: list(oneOf(["x", "y"]), { default: ["x"], rule: "name one", allows: (names) => names.length > 0 }),
  title: text({ default: "" }),
} as const satisfies Fields;

test("defaults are valid", () => {
  assert.deepEqual(defaultsOf(fields), {
    size: 3,
    seed: 0,
    decay: 0.9,
    share: 0.5,
    scale: 2,
    limit: null,
    kind: "a",
    shuffle: false,
    names: ["x"],
    title: "",
  });
  checkFields("it", fields, defaultsOf(fields));
});

test("a value that a field cannot have is named with the rule that it breaks", () => {
  const cases: [keyof typeof fields, unknown, string][] = [
    ["size", 0, "it.size is 0; it must be a whole number of at least 1"],
    ["size", 1.5, "it.size is 1.5; it must be a whole number of at least 1"],
    ["size", "3", 'it.size must be a number, not "3"'],
    ["size", null, "it.size must be a number, not null"],
    ["size", undefined, "it.size is missing"],
    ["seed", 0.5, "it.seed is 0.5; it must be a whole number"],
    ["decay", 1, "it.decay is 1; it must be at least 0 and below 1"],
    ["decay", Number.NaN, "it.decay must be a number, not NaN"],
    ["share", 1.1, "it.share is 1.1; it must be between 0 and 1"],
    ["scale", 0, "it.scale is 0; it must be above 0"],
    ["scale", Number.POSITIVE_INFINITY, "it.scale must be a number, not Infinity"],
    ["limit", 0, "it.limit is 0; it must be a whole number of at least 1"],
    ["kind", "c", 'it.kind can be a, b, not "c"'],
    ["shuffle", 1, "it.shuffle must be true or false, not 1"],
    ["names", "x", 'it.names must be an array, not "x"'],
    ["names", ["x", "z"], 'it.names.1 can be x, y, not "z"'],
    ["names", [], "it.names is []; it must name one"],
    ["title", 1, "it.title must be a string, not 1"],
  ];
  for (const [name, value, message] of cases) {
    assert.equal(fieldProblem(`it.${name}`, fields[name], value)?.message, message);
    assert.throws(() => checkFields("it", fields, { ...defaultsOf(fields), [name]: value }), { message });
  }
  assert.equal(fieldProblem("it.limit", fields.limit, null), undefined);
  assert.deepEqual(fieldProblem("it.names", fields.names, ["z"])?.choices, ["x", "y"]);
});

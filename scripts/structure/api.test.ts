import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ts from "@tslab/typescript-for-tslab";
import { publicModules } from "./api";
import { root, typescriptFiles } from "./packages";

const modules = publicModules();
const [, trm, workbench] = modules;

test("the public names are those that are recorded", () => {
  for (const { name, record, recordFile } of modules)
    assert.equal(
      record,
      readFileSync(recordFile, "utf8"),
      `the public names of ${name} changed; if that is meant, run: node --import=tsx scripts/structure/api.ts`,
    );
});

test("trm exports at most 120 names, each with a doc comment", () => {
  const { exports } = trm!;
  assert.ok(exports.length <= 120, `trm exports ${exports.length} names: take some from a room instead`);
  // tfjs documents itself.
  const silent = exports.filter(({ documented, kind }) => !documented && kind !== "namespace");
  assert.deepEqual(
    silent.map(({ name, file }) => `${file}: ${name}`),
    [],
  );
});

test("every trm.NAME of the notebooks, and every call of one in the workbench's text, is exported", () => {
  const exported = new Set(workbench!.exports.map(({ name }) => name));
  const notebooks = readdirSync(join(root, "notebooks")).filter((file) => file.endsWith(".ipynb"));
  const used = [
    ...notebooks.map((file) => ({ file, names: namesInNotebook(join(root, "notebooks", file)) })),
    ...typescriptFiles("packages/workbench/src").map((file) => ({
      file,
      names: callsIn(readFileSync(join(root, file), "utf8")),
    })),
  ];
  const missing = used.flatMap(({ file, names }) =>
    names.filter((name) => !exported.has(name)).map((name) => `${file}: trm.${name}`),
  );
  assert.deepEqual([...new Set(missing)], []);
});

const callsIn = (text: string): string[] => [...text.matchAll(/\btrm\.(\w+)\(/g)].map(([, name]) => name!);

/** The names after `trm.` in the text of a notebook; a page such as `02-hrm-against-trm.html` is none. */
const namesInText = (text: string): string[] =>
  [...text.matchAll(/(?<!-)\btrm\.([a-zA-Z]\w*)/g)].map(([, name]) => name!);

/** The names after `trm.` in code cells, types included, and in the text between them. */
function namesInNotebook(file: string): string[] {
  const { cells } = JSON.parse(readFileSync(file, "utf8")) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  return cells.flatMap(({ cell_type, source }) => {
    const text = [source].flat().join("");
    return cell_type === "code" ? namesInCode(text) : namesInText(text);
  });
}

function namesInCode(code: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === "trm")
      names.push(node.name.text);
    if (ts.isQualifiedName(node) && node.left.getText() === "trm") names.push(node.right.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true));
  return names;
}

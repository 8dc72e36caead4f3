import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { projectFolder } from "../../src/files/paths";
import { reproduce } from "../../src/reproduce/reproduce";

// Empty at first, so that every run is trained, by the first notebook that needs it.
const runs = mkdtempSync(join(tmpdir(), "runs-"));
process.env.TRM_RUNS = runs;
after(() => rmSync(runs, { recursive: true, force: true }));
// The C compiler would take half of the time: a hundred small networks, each trained for a few steps.
process.env.TFJS_COMPILE_TO = "tensorflow";

const folder = join(projectFolder, "notebooks");
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

const read = (name: string): { cells: Cell[]; metadata: unknown } =>
  JSON.parse(readFileSync(join(folder, name), "utf8"));

for (const name of names) {
  test(`${name} runs from its first cell to its last at the smoke budget`, { timeout: 600_000 }, async () => {
    const figures = mkdtempSync(join(tmpdir(), "figures-"));
    process.env.TRM_FIGURES = figures;
    try {
      const { rows } = await reproduce({ budget: "smoke", seeds: 1, fresh: false, only: name });
      assert.ok(rows.length > 0, "it reports its results");
      const saved = readdirSync(figures);
      assert.ok(saved.some((file) => file.endsWith(".png")) && saved.some((file) => file.endsWith(".json")));
    } finally {
      delete process.env.TRM_FIGURES;
      rmSync(figures, { recursive: true });
    }
  });

  test(`${name} is committed with the outputs of the laptop budget`, () => {
    const notebook = read(name);
    const code = notebook.cells.filter(({ cell_type }) => cell_type === "code");
    const outputs = code.flatMap((cell) => cell.outputs ?? []);
    assert.ok(
      code.every((cell) => cell.execution_count !== null),
      "every cell was run",
    );
    assert.ok(outputs.every(({ output_type, name }) => output_type !== "error" && name !== "stderr"));
    // JupyterLab changes a notebook on opening it if the kernel has another language or name than it says.
    assert.deepEqual(notebook.metadata, read(names[1]).metadata, "as that of notebook 1, which a test opens");
    assert.match(JSON.stringify(outputs), /budget laptop; tensors compute on tensorflow/);
    assert.ok(
      outputs.some(({ data }) => data && "image/png" in data && "application/vnd.plotly.v1+json" in data),
    );
  });
}

interface Cell {
  readonly cell_type: string;
  readonly execution_count?: number | null;
  readonly outputs?: readonly {
    readonly output_type: string;
    readonly name?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  }[];
}

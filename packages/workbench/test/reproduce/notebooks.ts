import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/files/paths";

/** A new folder inside the project, because a kernel finds packages in the folders above its own. */
export function makeNotebookFolder(): string {
  const parent = join(cacheFolder, "tests");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "notebooks-"));
}

/** Writes a notebook with these code cells and returns its path. */
export function writeNotebook(folder: string, name: string, cells: readonly string[]): string {
  const path = join(folder, name);
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" } },
    cells: [
      { cell_type: "markdown", id: "head", metadata: {}, source: `# ${name}` },
      ...cells.map((source, i) => ({
        cell_type: "code",
        id: `cell-${i}`,
        metadata: {},
        execution_count: null,
        outputs: [],
        source,
      })),
    ],
  };
  writeFileSync(path, JSON.stringify(notebook));
  return path;
}

/** What an executed cell shows: text of streams, and bundles. */
export interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface ExecutedNotebook {
  readonly metadata: unknown;
  readonly cells: readonly {
    readonly cell_type: string;
    readonly metadata: unknown;
    readonly outputs?: readonly Output[];
  }[];
}

/**
 * Everything that touches tslab's inside, in one file. tslab is pinned: its public API shows one MIME type at a time, while
 * a figure needs several in one bundle (interactive, picture, text), and only its inner module can send those.
 */

import { randomUUID } from "node:crypto";

/** One output in every form that a viewer may know: MIME type to content, JSON for JSON types and base64 for pictures. */
export type MimeBundle = Readonly<Record<string, unknown>>;

type Writer = (content: object, update: boolean) => void;

/** The file of tslab's inner module; the bundle goes where tslab is not installed. */
const jupyterModule = ((): string | undefined => {
  try {
    return require.resolve("tslab/dist/jupyter");
  } catch {
    return undefined;
  }
})();

/** The kernel's writer, renewed for each cell; undefined outside a notebook. */
function currentWriter(): Writer | undefined {
  // Only a kernel has the module loaded already; loading it ourselves would load a TypeScript compiler for nothing.
  const loaded = require.cache[jupyterModule ?? ""];
  return (
    (loaded?.exports as { lastWriteDisplayData?: Writer | null } | undefined)?.lastWriteDisplayData ??
    undefined
  );
}

/** True if this code runs in a notebook cell, false in a terminal, a test or a script. */
export function inNotebook(): boolean {
  return currentWriter() !== undefined;
}

/** Something that changes with every cell, to tell whether an earlier moment was in the same cell. */
export function currentCell(): unknown {
  return currentWriter();
}

/** An output that can be replaced where it stands. */
export interface NotebookOutput {
  update(bundle: MimeBundle): void;
}

/**
 * Shows a bundle under the running cell.
 * @throws Error outside a notebook: ask `inNotebook()` first.
 */
export function showBundle(bundle: MimeBundle): NotebookOutput {
  const writer = currentWriter();
  if (!writer) throw new Error("this only works in a cell of a notebook");
  const send = (data: MimeBundle, update: boolean) =>
    // The writer of the cell that made the output, so that a late update does not move under another cell.
    writer({ data, metadata: {}, transient: { display_id: id } }, update);
  const id = randomUUID();
  send(bundle, false);
  return { update: (next) => send(next, true) };
}

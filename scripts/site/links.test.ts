import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../structure/packages";

const command = "node scripts/site/links.mjs";

test("the first cell of every notebook links to its page", async () => {
  const { notebookFiles, withLink } = await import("./links.mjs");
  for (const name of notebookFiles()) {
    const text = readFileSync(join(root, "notebooks", name), "utf8");
    assert.equal(text, withLink(name, text), `${name}: run ${command}`);
  }
});

test("a link is put below the title, is replaced, and nothing else changes", async () => {
  const { withLink, pageLink } = await import("./links.mjs");
  const notebook = (source: string[]): string =>
    JSON.stringify({ cells: [{ cell_type: "markdown", source }], nbformat: 4 }, null, 1);
  const bare = notebook(["# T\n", "\n", "text"]);
  const linked = notebook(["# T\n", "\n", `${pageLink("a.ipynb")}\n`, "\n", "text"]);
  assert.equal(withLink("a.ipynb", bare), linked);
  assert.equal(withLink("a.ipynb", linked), linked);
  assert.equal(
    withLink("a.ipynb", notebook(["# T\n", "\n", `${pageLink("b.ipynb")}\n`, "\n", "text"])),
    linked,
  );
  assert.equal(withLink("a.ipynb", notebook(["# T"])), notebook(["# T\n", "\n", pageLink("a.ipynb")]));
  assert.throws(
    () => withLink("a.ipynb", notebook(["text"])),
    /notebooks\/a\.ipynb: the first cell should begin with a title/,
  );
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../structure/packages";
import { brokenLinks } from "./checks";

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

test("a link to no file, and one to no place in a page, are found", () => {
  const site = mkdtempSync(join(tmpdir(), "trm-links-"));
  writeFileSync(
    join(site, "a.html"),
    '<p id="here"><a href="gone.html"></a><a href="#gone"></a><a href="#here"></a><a href="a.html#x"></a>',
  );
  assert.deepEqual(brokenLinks(site), ["a.html: gone.html", "a.html: #gone", "a.html: a.html#x"]);
  rmSync(site, { recursive: true });
});

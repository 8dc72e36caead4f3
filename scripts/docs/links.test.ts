import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import test from "node:test";

const root = join(__dirname, "../..");

/** Files that git tracks or would track, and the folders that hold them. */
function tracked(): { files: string[]; paths: Set<string> } {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  const files = list.toString().split("\0").filter(Boolean);
  const paths = new Set(["."]);
  for (const file of files) for (let path = file; path !== "."; path = posix.dirname(path)) paths.add(path);
  return { files, paths };
}

/** The Markdown of a document, or of all Markdown cells of a notebook. */
function markdownOf(file: string, text: string): string {
  if (!file.endsWith(".ipynb")) return text;
  const { cells } = JSON.parse(text) as { cells: { cell_type: string; source: string[] }[] };
  return cells
    .filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => source.join(""))
    .join("\n\n");
}

const withoutCode = (markdown: string) =>
  markdown.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "code");

/** Targets of links and pictures, without those on other hosts. */
function relativeLinks(markdown: string): string[] {
  const targets = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)/gm)];
  return targets
    .map(([, inline, reference]) => inline ?? reference)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** Anchors of the headings, as GitHub makes them. */
function anchors(markdown: string): Set<string> {
  const headings = [...markdown.replace(/^```.*?^```/gms, "").matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Links of a file that lead nowhere. */
function brokenLinks(
  file: string,
  markdown: string,
  paths: Set<string>,
  read: (file: string) => string,
): string[] {
  return relativeLinks(markdown).filter((target) => {
    const [path, fragment] = decodeURIComponent(target).split("#");
    const to = path === "" ? file : posix.join(posix.dirname(file), path).replace(/\/$/, "");
    if (!paths.has(to)) return true;
    return (
      fragment !== undefined &&
      to.endsWith(".md") &&
      !anchors(to === file ? markdown : read(to)).has(fragment)
    );
  });
}

test("every relative link of the documents and notebooks resolves", () => {
  const { files, paths } = tracked();
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const documents = files.filter((file) => /\.(md|ipynb)$/.test(file) && !file.includes("/fixtures/"));
  assert.ok(documents.includes("README.md") && documents.some((file) => file.endsWith(".ipynb")));
  const broken = documents.flatMap((file) =>
    brokenLinks(file, markdownOf(file, read(file)), paths, read).map((target) => `${file}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("a missing file, a missing heading and another letter case are broken links", () => {
  const text =
    "# One `two`\n[a](b.md) [b](#one-two) [c](#one) [d](docs/) [e](Docs) [f](https://x.y/z) `[g](h)`\n";
  const broken = brokenLinks("README.md", text, new Set([".", "README.md", "docs"]), () => "");
  assert.deepEqual(broken, ["b.md", "#one", "Docs"]);
});

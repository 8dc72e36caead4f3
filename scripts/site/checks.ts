import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** All files of a site, as paths from its folder. */
export const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath.slice(folder.length + 1), entry.name))
    .sort();

/** Links and sources of a page. */
const targetsOf = (html: string): string[] =>
  [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target = ""]) => target.replaceAll("&amp;", "&"));

/** What a page loads from other hosts by itself; links to them are a reader's choice. */
export const foreignSources = (html: string): string[] =>
  [...html.matchAll(/<(?:script|link|img|iframe)[^>]*\s(?:src|href)="(https?:[^"]*)"/g)].map(
    ([, target = ""]) => target,
  );

/** Links of the pages that lead to no file, or to no place in it, as "page: target". */
export function brokenLinks(folder: string): string[] {
  const pages = filesOf(folder).filter((file) => file.endsWith(".html"));
  const anchors = new Map<string, Set<string>>();
  const anchorsOf = (file: string): Set<string> => {
    const known =
      anchors.get(file) ??
      new Set(
        [...readFileSync(join(folder, file), "utf8").matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => id),
      );
    anchors.set(file, known);
    return known;
  };
  return pages.flatMap((page) =>
    targetsOf(readFileSync(join(folder, page), "utf8"))
      .filter((target) => !/^([a-z]+:|#$)/.test(target))
      .filter((target) => {
        const [path = "", fragment] = decodeURIComponent(target).split("#");
        const to = path === "" ? page : posix.join(posix.dirname(page), path);
        if (!existsSync(join(folder, to))) return true;
        // The playground's state is after the "#" of its own address.
        return fragment !== undefined && to.endsWith(".html") && !anchorsOf(to).has(fragment);
      })
      .map((target) => `${page}: ${target}`),
  );
}

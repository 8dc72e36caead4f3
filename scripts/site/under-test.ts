import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "puppeteer-core";
import { type Box, formatGrid, parseGrid, sudokuSolver } from "trm/puzzles";
import { startBrowser } from "./browser";

/** The site that the tests of a file share: built, served and opened in one browser, once. */
export const folder = join(mkdtempSync(join(tmpdir(), "trm-site-")), "site");
export const html = (page: string): string => readFileSync(join(folder, page), "utf8");

export let browser: Browser | undefined;
export let url = "";
/** Ends the server, as a network that is gone. */
export let close = (): void => undefined;

/** What went wrong in pages: errors on the console, failing requests, requests to other hosts. */
export const faults: string[] = [];

/** Why there is no site to test. */
let noSite: string | undefined;

before(async () => {
  noSite = (await import("./programs.mjs")).whyNoPrograms();
  if (noSite !== undefined) return;
  const { buildSite } = await import("./build.mjs");
  // What the tests think and train with; the worker's tests compile the others.
  await buildSite(folder, { api: false, programs: ["think-6x6", "think-9x9", "think-maze", "train-4x4"] });
  const { serve } = await import("./serve.mjs");
  ({ url, close } = await serve(folder, 0));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  close();
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

/** A test of the built site. */
export const onSite = (name: string, work: () => void | Promise<void>): void => {
  test(name, { timeout: 240_000 }, async (t) => {
    if (noSite === undefined) await work();
    else t.skip(noSite);
  });
};

/** A test of it in a browser. */
export const inBrowser = (name: string, work: () => Promise<void>): void => {
  test(name, { timeout: 240_000 }, async (t) => {
    const reason = noSite ?? (browser ? undefined : "no Chrome or Chromium starts on this machine");
    if (reason === undefined) await work();
    else t.skip(reason);
  });
};

/** A page of the site, with its faults noted. */
export async function open(path: string, width = 1000): Promise<Page> {
  const page = await browser!.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`${path}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${path}: ${error}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob|about):/.test(request.url()))
      faults.push(`${path}: asks ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${path}: ${response.status()} ${response.url()}`);
  });
  await page.setViewport({ width, height: 900 });
  await page.goto(url + path, { waitUntil: "load" });
  return page;
}

/** The page, whose minute of patience with a silent worker takes six seconds. */
export async function openImpatient(): Promise<Page> {
  const page = await browser!.newPage();
  await page.evaluateOnNewDocument(() => {
    const { setInterval } = window;
    window.setInterval = ((work: () => void, milliseconds: number) =>
      setInterval(work, milliseconds / 10)) as typeof window.setInterval;
  });
  await page.goto(url);
  await page.waitForSelector("#think[data-answered]");
  return page;
}

/** Keeps the worker that thinks busy for ever; not awaited, since it never answers. */
export function hang(page: Page): void {
  const never = page.workers()[0]!.evaluate(() => {
    for (;;);
  });
  never.catch(() => undefined);
}

/** Files that the worker that thinks has fetched, of those with a part in their name. */
export const fetchedByWorker = (page: Page, part: string): Promise<number> =>
  page
    .workers()[0]!
    .evaluate(
      (part) => performance.getEntriesByType("resource").filter(({ name }) => name.includes(part)).length,
      part,
    );

export const noFaults = (): void => assert.deepEqual(faults.splice(0), []);
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (found) => found.textContent ?? "");
export const boardOf = (page: Page, board: string): Promise<string> =>
  page.$$eval(`${board} .cell`, (cells) => cells.map((cell) => cell.textContent || ".").join(""));
export const solutionOf = (puzzle: string, box: Box): string =>
  formatGrid(sudokuSolver(box)(parseGrid(puzzle, box)).first!);
export const waitFor = async (
  what: string,
  seconds: number,
  holds: () => Promise<boolean>,
): Promise<void> => {
  for (
    const end = Date.now() + seconds * 1000;
    !(await holds());
    await new Promise((resolve) => setTimeout(resolve, 100))
  )
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
};
export const answered = (page: Page, puzzle: string): Promise<unknown> =>
  page.waitForSelector(`#think[data-answered="${puzzle}"]`);

/** Chooses a puzzle from the list and waits for its answers. */
export async function choose(page: Page, puzzle: string): Promise<void> {
  await page.select("#puzzles", puzzle);
  await answered(page, puzzle);
}

/** Goes to the last answer with the keyboard. */
export async function toTheEnd(page: Page): Promise<void> {
  await page.focus("#step");
  await page.keyboard.press("End");
}

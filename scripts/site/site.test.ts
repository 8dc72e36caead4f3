import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { brokenLinks, filesOf, foreignSources } from "./checks";
import {
  answered,
  boardOf,
  browser,
  choose,
  close,
  faults,
  fetchedByWorker,
  folder,
  hang,
  html,
  inBrowser,
  noFaults,
  onSite,
  open,
  openImpatient,
  solutionOf,
  textOf,
  toTheEnd,
  url,
  waitFor,
} from "./under-test";

onSite("no page has a link that leads nowhere, or loads from another host", () => {
  assert.deepEqual(brokenLinks(folder), []);
  const pages = filesOf(folder).filter((file) => file.endsWith(".html"));
  assert.ok(pages.length > 15, `only ${pages.length} pages`);
  assert.deepEqual(
    pages.flatMap((page) => foreignSources(html(page))),
    [],
  );
});

onSite("each notebook is a page with its figures, tables and formulas, and leads to JupyterLab", () => {
  const pages = filesOf(folder).filter((file) => /^notebooks\/\d.*\.html$/.test(file));
  assert.ok(pages.length >= 10);
  for (const page of pages) {
    const text = html(page);
    const name = page.replace(/^notebooks\//, "").replace(/html$/, "ipynb");
    assert.ok(text.includes(`/lab/tree/${name}">Open this in JupyterLab`), page);
    const { cells } = JSON.parse(html(`notebooks/${name}`));
    const figures = cells
      .flatMap(({ outputs = [] }) => outputs)
      .filter(({ data }: { data?: object }) => data && "application/vnd.plotly.v1+json" in data);
    assert.equal(text.match(/class="output plot"/g)?.length ?? 0, figures.length, page);
  }
});

inBrowser("a typed puzzle is answered: keyboard only, and the answer is right", async () => {
  const page = await open("");
  await page.waitForSelector("#think[data-answered]");
  await page.focus("#puzzles");
  await page.select("#puzzles", "empty");
  await page.focus("#board .cell");
  const puzzle = "4....1.6..43......24.5....1.3......5";
  for (const [cell, digit] of [...puzzle].entries()) {
    if (digit !== ".") await page.keyboard.press(digit as "1");
    if (cell % 6 < 5) await page.keyboard.press("ArrowRight");
    else for (const key of ["ArrowDown", "Home"] as const) await page.keyboard.press(key);
  }
  assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("puzzle"), puzzle);
  await answered(page, puzzle);
  await toTheEnd(page);
  assert.equal(await boardOf(page, "#board"), solutionOf(puzzle, [2, 3]));
  assert.match(await textOf(page, "#verdict"), /solved, every rule is kept/);
  await page.close();
  noFaults();
});

inBrowser("the address holds the whole state: a reload shows the same", async () => {
  const page = await open(
    "#puzzle=4....1.6..43......24.5....1.3......5&steps=3&n=3&T=1&noise=0.5&chains=2&erase=z&eraseAt=2&read=z",
  );
  const seen = async (): Promise<unknown> => ({
    board: await page
      .waitForSelector("#think[data-answered]")
      .then(() => toTheEnd(page))
      .then(() => boardOf(page, "#board")),
    controls: await page.$$eval("#think select, #think output, #erase-at, input[name=read]:checked", (all) =>
      all.map((one) => (one as HTMLInputElement).value),
    ),
    chains: await page.$$eval("#chain-list button", (buttons) =>
      buttons.map(({ textContent }) => textContent),
    ),
  });
  const first = await seen();
  await page.reload();
  assert.deepEqual(await seen(), first);
  await page.evaluate(() => {
    location.hash = "tab=train&train=6x6&rate=0.002&ema=0.9&depth=4&latents=1&trainSeed=7";
  });
  await page.reload();
  const controls = await page.$$eval("#live output, #task, #train-seed, input[name=latents]:checked", (all) =>
    all.map((one) => (one as HTMLInputElement).value),
  );
  assert.deepEqual(controls, ["6x6", "7", "0.002", "4", "0.9", "1"]);
  await page.close();
  noFaults();
});

inBrowser("a 9x9 puzzle is answered, and its weights are fetched only then", async () => {
  const page = await open("");
  await page.waitForSelector("#think[data-answered]");
  assert.equal(await fetchedByWorker(page, "9x9"), 0);
  await page.select("#model", "9x9");
  const puzzle = "5......6....41....46....8...3468152.2..53.4..1..2.4...34.16..5...5..9..8.2984.3..";
  await choose(page, puzzle);
  await toTheEnd(page);
  assert.equal(await boardOf(page, "#board"), solutionOf(puzzle, [3, 3]));
  assert.equal(await fetchedByWorker(page, "9x9"), 3);
  assert.match(page.url(), /model=9x9&puzzle=5\.\.\./);
  await page.close();
  noFaults();
});

inBrowser("a maze is solved, drawn by keys, and told when it has no way", async () => {
  const page = await open("#model=maze");
  await page.waitForSelector("#think[data-answered]");
  await toTheEnd(page);
  assert.match(await textOf(page, "#verdict"), /solved, every rule is kept/);
  const path = await page.$$eval(
    "#board .cell",
    (cells) => cells.filter(({ textContent }) => textContent === "•").length,
  );
  assert.ok(path >= 7, `${path} cells of a path`);
  await page.select("#puzzles", "empty");
  const says = (sentence: string): Promise<void> =>
    waitFor(sentence, 5, async () => (await textOf(page, "#problem")) === sentence);
  await says("The maze has no start S: it needs one.");
  await page.focus("#board .cell");
  for (const key of ["s", "ArrowRight", "#", "ArrowDown", "#", "ArrowLeft", "#", "End", "g"] as const)
    await page.keyboard.press(key);
  await says("This maze has no answer: no way leads from S to G.");
  assert.match(page.url(), /puzzle=S%23/);
  await page.close();
  noFaults();
});

inBrowser("a worker that hangs is noticed, and another one answers", async () => {
  const page = await openImpatient();
  hang(page);
  await page.select("#puzzles", "..4...1..24.53....2.1......16....5..");
  await page.waitForFunction(() =>
    document.getElementById("problem")?.textContent?.includes("it has said nothing for 60 seconds."),
  );
  await choose(page, "4....1.6..43......24.5....1.3......5");
  await page.close();
});

inBrowser("what cannot be a puzzle is said in one sentence, and the board stays", async () => {
  const page = await open("");
  await page.waitForSelector("#think[data-answered]");
  const paste = async (text: string): Promise<string> => {
    await page.$eval(
      "#text",
      (input, value) => {
        (input as HTMLInputElement).value = value;
      },
      text,
    );
    await page.click("#paste button");
    return textOf(page, "#problem");
  };
  await toTheEnd(page);
  const before = await boardOf(page, "#board");
  assert.equal(
    await paste("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"),
    "This is a 9x9 puzzle, but the board is 6x6: choose a 9x9 model first.",
  );
  assert.equal(
    await paste("abc"),
    'The puzzle: cell 1 (row 1, column 1) is "a", expected 1 to 6, or . or 0 for a blank.',
  );
  assert.equal(await paste("123"), "The puzzle: has 3 cells, a 6x6 Sudoku has 36.");
  assert.equal(await boardOf(page, "#board"), before);
  await paste(`11${".".repeat(34)}`);
  await waitFor(
    "the clash",
    5,
    async () =>
      (await textOf(page, "#problem")) ===
      "This puzzle has no answer: the clues at row 1, column 1 and row 1, column 2 are both 1.",
  );
  assert.equal((await page.$$("#board .cell.wrong")).length >= 2, true);
  await page.close();
  noFaults();
});

inBrowser("4x4 learns in the page, follows a change, survives its worker and a reload", async () => {
  const page = await open("#tab=train");
  await page.click("#start");
  const solved = async (): Promise<number> => {
    const label = await page.$eval("#accuracy svg", (svg) => svg.getAttribute("aria-label") ?? "");
    return Number(/averaged weights (\d+)%/.exec(label)?.[1] ?? 0);
  };
  const step = async (): Promise<number> => Number(await textOf(page, "#facts dd"));
  await waitFor("the first steps", 30, async () => (await step()) > 3);
  // A change while it learns: the worker reports the new rate.
  const rate = async (): Promise<string> => textOf(page, "#facts div:nth-child(5) dd");
  const slow = await rate();
  await page.focus("#live input");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await waitFor("another rate", 20, async () => (await rate()) !== slow);
  await waitFor("95%", 150, async () => (await solved()) >= 95);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  assert.equal(await textOf(page, "#facts div:nth-child(7) dd"), `${Math.min(4, cores)}`, "threads");

  await page.click("#pause");
  await page.waitForFunction(() => document.getElementById("pause")?.textContent === "Go on");
  const paused = await step();
  await page.click("#pause");
  await waitFor("more steps", 20, async () => (await step()) > paused);
  await page.click("#think-trained");
  await page.waitForSelector("#think[data-answered]");
  await page.click("#tab-train");

  // The others are its threads.
  const worker = page
    .workers()
    .filter((worker) => worker.url().endsWith("worker.js"))
    .at(-1);
  await worker!.evaluate(() => {
    setTimeout(() => {
      throw new Error("out of memory");
    });
  });
  await waitFor("the sentence", 10, async () =>
    /The worker that trains stopped: .*out of memory.* What was trained until step \d+ is kept: go on from there\./.test(
      await textOf(page, "#train-problem"),
    ),
  );
  faults.length = 0; // the browser logs the error that this test throws
  const kept = Number(/from step (\d+)/.exec(await textOf(page, "#start"))![1]);
  assert.ok(kept >= paused - 1 && kept > 0, `kept ${kept}, paused at ${paused}`);
  await page.reload();
  await page.waitForFunction(
    (text) => document.getElementById("start")?.textContent === text,
    {},
    `Go on from step ${kept}`,
  );
  await page.click("#start");
  await waitFor("steps after the kept one", 30, async () => (await step()) > kept);
  await page.close();
  noFaults();
});

inBrowser("weights that do not load are said in one sentence, and the page goes on", async () => {
  const name = filesOf(folder).find((file) => file === "weights/6x6.bin")!;
  renameSync(join(folder, name), join(folder, `${name}.gone`));
  const context = await browser!.createBrowserContext();
  const page = await context.newPage();
  await page.goto(url);
  await waitFor("the sentence", 20, async () => (await textOf(page, "#problem")).length > 10);
  assert.match(await textOf(page, "#problem"), /^weights\/6x6\.bin could not be loaded \(404.*\.$/);
  renameSync(join(folder, `${name}.gone`), join(folder, name));
  await page.select("#puzzles", "4....1.6..43......24.5....1.3......5");
  await page.waitForSelector("#think[data-answered]");
  await context.close();
});

inBrowser("every page opens without an error, on 360 pixels too", async () => {
  const pages = filesOf(folder).filter((file) => file.endsWith(".html"));
  const page = await open("", 360);
  for (const path of [...pages, "#tab=train", "#tab=understand", "#chains=4"]) {
    await page.goto("about:blank");
    await page.goto(url + path, { waitUntil: "load" });
    assert.ok(
      (await page.evaluate(() => document.documentElement.scrollWidth)) <= 360,
      `${path} is wider than 360 pixels`,
    );
    const plot = await page.$(".plot");
    if (!plot) continue;
    await plot.scrollIntoView();
    await page.waitForSelector(".plot .main-svg");
  }
  await page.close();
  noFaults();
});

inBrowser("keys alone reach the tabs, the loops and their code", async () => {
  const page = await open("");
  await page.focus("#tab-think");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(page.url(), /tab=understand/);
  const lit = (): Promise<string> => textOf(page, ".code-line.lit");
  await page.keyboard.press("Tab"); // play
  await page.keyboard.press("Tab"); // back
  await page.keyboard.press("Tab"); // the place
  assert.match(await lit(), /z = net\.z\(x, y, z\)/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await lit(), /y = net\.y\(y, z\)/);
  assert.equal(await page.$eval(".detail [aria-current]", (tick) => tick.textContent), "y");
  await page.keyboard.press("End");
  assert.match(await lit(), /logits: outputHead/);
  await page.close();
  noFaults();
});

inBrowser("a host without headers for threads gets them from the page itself", async () => {
  const { serve } = await import("./serve.mjs");
  const plain = await serve(folder, 0, { isolated: false });
  const page = await browser!.newPage();
  await page.goto(plain.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const isolated = (): Promise<boolean> => page.evaluate(() => crossOriginIsolated);
  assert.equal(await isolated(), false);
  await page.reload();
  await page.waitForSelector("#think[data-answered]");
  assert.equal(await isolated(), true);
  await page.close();
  plain.close();
});

inBrowser("after the first load it needs no network, and it weighs less than 3 MB", async () => {
  const page = await open("");
  await page.waitForSelector("#think[data-answered]");
  await page.evaluate(() => navigator.serviceWorker.ready);
  const bytes = await page.evaluate(async () => {
    const [name] = (await caches.keys()).filter((key) => key !== "trm-read");
    const cache = await caches.open(name!);
    const kept = await Promise.all(
      (await cache.keys()).map((request) => cache.match(request).then((found) => found!.blob())),
    );
    return kept.reduce((sum, { size }) => sum + size, 0);
  });
  // Of all models and trainings, as far as they are compiled here; the builder refuses more of all of them, too.
  assert.ok(bytes > 1e5 && bytes < 3e6, `${bytes} bytes`);
  await page.goto("about:blank");
  close();
  await page.goto(`${url}#steps=2`, { waitUntil: "load" });
  await page.waitForSelector("#think[data-answered]");
  await page.select("#model", "9x9");
  await page.waitForSelector("#think[data-answered]");
  await page.click("#tab-train");
  await page.click("#start");
  await waitFor("training steps", 30, async () => Number(await textOf(page, "#facts dd")) > 0);
  await page.close();
  faults.length = 0; // the looks for a newer version, which fail
});

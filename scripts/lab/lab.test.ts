import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Browser, Page } from "puppeteer-core";
import { makeKernelFolder } from "../../packages/workbench/src/reproduce/execute";
import { ROOT, venvProgram } from "../setup/paths.mjs";
import { startBrowser } from "../site/browser";
import { LAB_ARGUMENTS, NOTEBOOKS } from "./arguments.mjs";

const python = venvProgram("python");

test("a reader's first minutes in JupyterLab: guide, notebook 1, slider, Run All, interrupt, going on", {
  timeout: 600_000,
}, async (t) => {
  if (!existsSync(join(ROOT, ".git"))) return t.skip("this folder is no git repository");
  if (!existsSync(python)) return t.skip("JupyterLab is not installed: npm run setup");
  const browser = await startBrowser();
  if (!browser) return t.skip("no Chrome or Chromium starts on this machine");
  t.after(() => browser.close());
  const before = repository();
  const page = await openGuide(browser, await startLab(t));
  await openNotebook(page);
  await moveSlider(page);
  await runAll(page);
  await interruptAndGoOn(page);
  await fitsNarrowAndDark(page);
  assert.deepEqual(repository(), before, "reading and running has changed files of the project");
});

/** The state of the project's files, changed ones before the test included. */
function repository(): { status: string; files: Record<string, string> } {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });
  const files = git("ls-files", "notebooks", "figures", "data").trim().split("\n");
  const hash = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(ROOT, file)))
      .digest("hex");
  return {
    status: git("status", "--porcelain", "--", "notebooks", "figures", "data"),
    files: Object.fromEntries(
      files.filter((file) => existsSync(join(ROOT, file))).map((file) => [file, hash(file)]),
    ),
  };
}

/** JupyterLab as `npm run lab` starts it, with settings, runs and figures in a folder of the test. */
async function startLab(t: TestContext): Promise<string> {
  const own = mkdtempSync(join(tmpdir(), "trm-lab-"));
  const kernels = makeKernelFolder();
  const port = await freePort();
  // JupyterLab saves by itself after two minutes, and a slow machine may take longer.
  const settings = join(own, "config", "lab", "user-settings", "@jupyterlab", "docmanager-extension");
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, "plugin.jupyterlab-settings"), JSON.stringify({ autosave: false }));
  const server = spawn(
    python,
    [
      ...LAB_ARGUMENTS,
      "--no-browser",
      `--port=${port}`,
      "--ServerApp.port_retries=0",
      "--IdentityProvider.token=",
    ],
    {
      cwd: NOTEBOOKS,
      stdio: "ignore",
      env: {
        ...process.env,
        // The kernel of these sources; that of set-up may be another checkout's.
        JUPYTER_PATH: kernels,
        JUPYTER_CONFIG_DIR: join(own, "config"),
        JUPYTER_DATA_DIR: join(own, "data"),
        JUPYTER_RUNTIME_DIR: join(own, "runtime"),
        TRM_BUDGET: "smoke",
        TRM_RUNS: join(own, "runs"),
        TRM_FIGURES: join(own, "figures"),
      },
    },
  );
  t.after(() => stop(server));
  t.after(() => {
    for (const folder of [own, kernels]) rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://localhost:${port}/`;
  await until(
    "JupyterLab answers",
    120,
    async () => (await fetch(`${url}api`).catch(() => undefined))?.ok === true,
  );
  return url;
}

/** Ends JupyterLab with its kernels; one that does not end is killed. */
async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once("close", resolve));
  server.kill();
  const timer = setTimeout(() => server.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}

/** The first page is the guide, rendered, and nothing asks for attention. */
async function openGuide(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport({ width: 1300, height: 900 });
  await page.goto(url);
  await page.waitForSelector(".jp-MarkdownViewer h1", { timeout: 60_000 });
  assert.match(await text(page, ".jp-MarkdownViewer h1"), /A guide to the notebooks/);
  assert.equal(await page.$(".Toastify__toast"), null, "a pop-up covers the guide");
  return page;
}

/** Notebook 1 is one click away, unchanged after it, with its kernel's name and a picture on the first screen. */
async function openNotebook(page: Page): Promise<void> {
  await page.click('.jp-MarkdownViewer a[href*="01-what"]');
  await page.waitForSelector(".jp-NotebookPanel .jp-RenderedPlotly .plot-img", { timeout: 60_000 });
  await until("the kernel", 60, async () =>
    (await text(page, ".jp-KernelName")).includes("TypeScript (TRM)"),
  );
  await until(
    "an idle kernel",
    60,
    async () => (await page.$('.jp-NotebookPanel [data-status="idle"]')) !== null,
  );
  await isUnchanged(page, "opening the notebook");
  const top = await page.$eval(".jp-RenderedPlotly", (figure) => figure.getBoundingClientRect().top);
  assert.ok(top < 900, `the first picture begins ${top} pixels down`);
}

async function isUnchanged(page: Page, what: string): Promise<void> {
  assert.equal(await page.$(".lm-TabBar-tab.jp-mod-dirty"), null, `${what} has changed the notebook`);
}

/** The saved figure of the first cell answers without a kernel. */
async function moveSlider(page: Page): Promise<void> {
  const picture = ".jp-RenderedPlotly .plot-img";
  const slider = ".jp-RenderedPlotly .slider-rail-touch-rect";
  await until("a figure under the pointer", 60, async () => {
    // The picture takes its size, and its place, after it is there; it goes when the figure comes.
    await page.hover(picture).catch(() => undefined);
    return (await page.$(slider)) !== null;
  });
  const shown = () => text(page, ".jp-RenderedPlotly .slider-label");
  const first = await shown();
  const rail = await page.$eval(slider, (rail) => {
    const { x, y, width, height } = rail.getBoundingClientRect();
    return { x, y, width, height };
  });
  await page.mouse.click(rail.x + 4, rail.y + rail.height / 2);
  await until("the slider's other end", 20, async () => (await shown()) !== first);
  // By then, Plotly's renderer has taken its picture of the figure.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await isUnchanged(page, "a figure that the pointer hovers");
}

async function runAll(page: Page): Promise<void> {
  await chooseFromMenu(page, "Run", "Run All Cells");
  const isAnyWaiting = () =>
    page.$$eval(".jp-NotebookPanel .jp-InputPrompt", (all) =>
      all.some(({ textContent }) => textContent?.includes("[*]")),
    );
  await until("the first cell", 10, isAnyWaiting);
  await until("all cells", 300, async () => !(await isAnyWaiting()));
  assert.deepEqual(await errors(page), []);
}

/** Training that is stopped keeps its steps, and the next call goes on from there. */
async function interruptAndGoOn(page: Page): Promise<void> {
  const train = (untilStep: number) =>
    runNewCell(
      page,
      `await trm.watchTraining(trainer!, { title: "Going on", untilStep: ${untilStep} }); console.log("at step", trainer!.step);`,
    );
  const stopped = await train(1_000_000);
  await until("training", 60, async () => /[1-9]\d*\/1000000/.test(await stopped.text()));
  await page.click(
    'jp-button[data-command="notebook:interrupt-kernel"], [data-command="notebook:interrupt-kernel"] button',
  );
  await stopped.end();
  const step = Number((await stopped.text()).match(/at step (\d+)/)?.[1]);
  // Notebook 1 trains 20 steps at this budget.
  assert.ok(step > 20, `stopped at step ${step}`);
  const after = await train(step + 5);
  await after.end();
  assert.match(await after.text(), new RegExp(`at step ${step + 5}`));
}

/** In a window of 760 pixels no figure is cut off; in the dark theme none is a white box. */
async function fitsNarrowAndDark(page: Page): Promise<void> {
  await page.setViewport({ width: 760, height: 900 });
  const tooWide = () =>
    page.$$eval(
      ".jp-RenderedPlotly",
      (figures) =>
        figures
          .filter((figure) => figure.querySelector(".main-svg, .plot-img"))
          .map(
            (figure) =>
              (figure.querySelector(".plot-container .main-svg") ?? figure.querySelector(".plot-img"))!,
          )
          .filter((drawing) => drawing.getBoundingClientRect().right > window.innerWidth).length,
    );
  await until("figures that fit", 20, async () => (await tooWide()) === 0);
  await chooseFromMenu(page, "Settings", "Theme", "JupyterLab Dark");
  await page.waitForSelector('body[data-jp-theme-light="false"]');
  const filter = await page.$eval(".jp-RenderedPlotly", (figure) => getComputedStyle(figure).filter);
  assert.match(filter, /invert/);
}

async function chooseFromMenu(page: Page, menu: string, ...items: string[]): Promise<void> {
  const click = async (selector: string, label: string) => {
    await page.waitForFunction(
      (selector, label) =>
        [...document.querySelectorAll(selector)].some(({ textContent }) => textContent === label),
      {},
      selector,
      label,
    );
    for (const found of await page.$$(selector))
      if ((await found.evaluate(({ textContent }) => textContent)) === label) return found.click();
  };
  await click(".lm-MenuBar-itemLabel", menu);
  for (const item of items) await click(".lm-Menu-itemLabel", item);
}

/** Types a cell at the end and runs it. */
async function runNewCell(page: Page, source: string) {
  const cells = ".jp-NotebookPanel .jp-CodeCell";
  const handles = await page.$$(`${cells} .cm-content`);
  await handles.at(-1)!.click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.sendCharacter(source);
  const count = handles.length + 1;
  await until("the new cell", 10, async () => (await page.$$(cells)).length === count);
  const cell = (await page.$$(cells)).at(-1)!;
  await page.keyboard.down("Control");
  await page.keyboard.press("Enter");
  await page.keyboard.up("Control");
  const read = () => cell.evaluate(({ textContent }) => textContent ?? "");
  return {
    text: read,
    end: () =>
      until("the new cell's end", 60, async () =>
        /\[\d+\]/.test(await cell.$eval(".jp-InputPrompt", (p) => p.textContent ?? "")),
      ),
  };
}

const errors = (page: Page): Promise<string[]> =>
  page.$$eval(
    '.jp-NotebookPanel [data-mime-type="application/vnd.jupyter.stderr"], .jp-NotebookPanel .jp-RenderedText[data-mime-type*="error"]',
    (all) => all.map(({ textContent }) => textContent ?? ""),
  );

const text = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, ({ textContent }) => textContent ?? "");

async function until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  for (
    const end = Date.now() + seconds * 1000;
    !(await holds());
    await new Promise((resolve) => setTimeout(resolve, 100))
  )
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

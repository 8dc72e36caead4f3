import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { writeFileAtomic } from "../files";
import { type BrowserProgram, browserPrograms } from "./browser";
import { figuresFolder } from "./paths";
import type { Figure } from "./theme";

/** Milliseconds after which a browser that does not answer counts as broken. */
const patience = 60_000;

/** One browser page with Plotly in it, kept open for all figures: starting it takes seconds, a figure 0.1 s. */
interface Renderer {
  readonly browser: Browser;
  readonly page: Page;
}

let renderer: Promise<Renderer> | undefined;
let queue: Promise<unknown> = Promise.resolve();

/**
 * A figure as PNG bytes, drawn by a headless browser without network.
 *
 * @param options.scale pixels for each of the figure's own: 1 for a notebook, 2 for print
 * @throws Error in one sentence that says what to do when no browser starts on this machine.
 */
export function renderPng(figure: Figure, options: { scale?: number } = {}): Promise<Uint8Array> {
  // One figure at a time: the page is shared.
  const png = queue.then(() => draw(figure, options.scale ?? 1));
  queue = png.catch(() => undefined);
  return png;
}

/**
 * Writes `NAME.png` into the folder of figures (at twice the size, for print and README) and `NAME.json` (for any Plotly viewer).
 *
 * @returns the paths that were written. Without a browser that is the JSON only, and a line on stderr says so.
 */
export async function saveFigure(figure: Figure, name: string): Promise<string[]> {
  if (!/^[\w.-]+$/.test(name))
    throw new Error(`"${name}" cannot name a figure: use letters, digits, "-", "_" and "."`);
  const path = join(figuresFolder(), name);
  writeFileAtomic(`${path}.json`, `${JSON.stringify(figure)}\n`);
  try {
    writeFileAtomic(`${path}.png`, await renderPng(figure, { scale: 2 }));
    return [`${path}.png`, `${path}.json`];
  } catch (error) {
    warnOnce(`Figures are saved as JSON only: ${(error as Error).message}`);
    return [`${path}.json`];
  }
}

const warned = new Set<string>();

function warnOnce(message: string): void {
  if (!warned.has(message)) console.error(message);
  warned.add(message);
}

/** Ends the browser now instead of with the process. The next figure starts another. */
export async function closeRenderer(): Promise<void> {
  const open = renderer;
  renderer = undefined;
  const { browser } = (await open?.catch(() => undefined)) ?? {};
  if (!browser) return;
  keepProcessAlive(browser, true);
  await browser.close();
}

async function draw(figure: Figure, scale: number): Promise<Uint8Array> {
  renderer ??= startRenderer();
  // A failed start is remembered: trying again for each figure of a notebook would cost a minute each.
  const { browser, page } = await renderer;
  keepProcessAlive(browser, true);
  try {
    const url = await withTimeout(
      page.evaluate(
        (json, size) => {
          const { Plotly } = globalThis as unknown as { Plotly: PlotlyInPage };
          return Plotly.toImage(JSON.parse(json), { format: "png", ...size });
        },
        JSON.stringify(figure),
        { width: figure.layout.width ?? 760, height: figure.layout.height ?? 420, scale },
      ),
    );
    return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
  } catch (error) {
    // A browser that broke down is not asked again.
    renderer = undefined;
    browser.process()?.kill("SIGKILL");
    throw new Error(`the browser could not draw the figure: ${(error as Error).message}`);
  } finally {
    keepProcessAlive(browser, false);
  }
}

interface PlotlyInPage {
  toImage(
    figure: unknown,
    options: { format: "png"; width: number; height: number; scale: number },
  ): Promise<string>;
}

async function startRenderer(): Promise<Renderer> {
  const failures: string[] = [];
  for (const program of browserPrograms()) {
    try {
      return await openPlotlyPage(program());
    } catch (error) {
      failures.push(firstLine(error));
    }
  }
  const reason = failures.length > 0 ? ` (${failures.join("; ")})` : "";
  throw new Error(
    `no Chrome or Chromium could be started for PNG pictures${reason}; install one, or set TRM_CHROME to its program`,
  );
}

/** Starts a browser and loads Plotly into an empty page. Node does not wait for this browser: see `keepProcessAlive`. */
export async function openPlotlyPage(program: BrowserProgram): Promise<Renderer> {
  const browser = await puppeteer.launch({
    executablePath: program.path,
    headless: "shell",
    // Over a pipe the browser ends as soon as this process does, however it ends.
    pipe: true,
    // A notebook's interrupt is not meant for the browser: without these it would end this process too.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    // Containers run as root and have a small /dev/shm; the page only ever shows our own figures.
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--hide-scrollbars",
      "--font-render-hinting=none",
    ],
    env: { ...process.env, ...program.env },
    timeout: patience,
    protocolTimeout: patience,
  });
  try {
    const page = await browser.newPage();
    const plotly = pathToFileURL(require.resolve("plotly.js-dist"));
    // A page with a file address may load another file: faster than sending Plotly's 10 MB over the pipe.
    await page.goto(new URL("package.json", plotly).href, { timeout: patience });
    await page.setContent(`<meta charset="utf-8"><script src="${plotly.href}"></script>`, {
      timeout: patience,
    });
    keepProcessAlive(browser, false);
    return { browser, page };
  } catch (error) {
    browser.process()?.kill("SIGKILL");
    throw error;
  }
}

/** Node waits for a child process and its pipes; it shall wait only while a figure is being drawn. */
export function keepProcessAlive(browser: Browser, keep: boolean): void {
  const child = browser.process();
  // Pipes are sockets; their type in Node's declarations lacks ref and unref.
  for (const handle of [child, ...(child?.stdio ?? [])] as (
    | { ref?(): void; unref?(): void }
    | null
    | undefined
  )[]) {
    if (keep) handle?.ref?.();
    else handle?.unref?.();
  }
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function firstLine(error: unknown): string {
  return String((error as Error).message ?? error).split("\n")[0];
}

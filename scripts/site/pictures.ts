// `node --conditions=source --import=tsx scripts/site/pictures.ts`: pictures of the built playground for the README, in docs/images.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { root } from "../structure/packages";
import { startBrowser } from "./browser";

const out = join(root, "docs", "images");

/** Each picture: where the page stands, and what happens before it is taken. */
const pictures: {
  readonly [name: string]: readonly [hash: string, prepare: (page: Page) => Promise<unknown>];
} = {
  think: [
    "#puzzle=1.64.....1.62.43......2..4....3.....",
    async (page) => {
      await page.waitForSelector("#think[data-answered]");
      await page.$eval("#step", (slider) => {
        (slider as HTMLInputElement).value = "3";
        slider.dispatchEvent(new Event("input"));
      });
    },
  ],
  understand: [
    "#tab=understand&place=12&puzzle=1.64.....1.62.43......2..4....3.....",
    () => new Promise((resolve) => setTimeout(resolve, 3000)),
  ],
  train: [
    "#tab=train",
    async (page) => {
      await page.click("#start");
      await page.waitForFunction(
        () =>
          Number(
            /averaged weights (\d+)%/.exec(
              document.querySelector("#accuracy svg")?.getAttribute("aria-label") ?? "",
            )?.[1],
          ) >= 97,
        { timeout: 110_000 },
      );
    },
  ],
};

async function main(): Promise<void> {
  const { serve } = await import("./serve.mjs");
  const { SITE_FOLDER } = await import("./build.mjs");
  const { url, close } = await serve(SITE_FOLDER, 0);
  const browser = await startBrowser();
  if (!browser) throw new Error("no Chrome or Chromium starts on this machine");
  mkdirSync(out, { recursive: true });
  for (const [name, [hash, prepare]] of Object.entries(pictures)) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1000, height: name === "understand" ? 1100 : 900 });
    await page.goto(url + hash);
    await prepare(page);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await page.screenshot({ path: join(out, `${name}.png`) });
    await page.close();
  }
  await browser.close();
  close();
}

main();

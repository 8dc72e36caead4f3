/**
 * Trains in the built playground, in a real browser, until its averaged weights solve a share of the held-out puzzles, and says how long it
 * took: `node --conditions=source --import=tsx scripts/site/race.ts [4x4|6x6] [SHARE] [--one-thread]`, after `npm run site`. Linux only, for
 * its processor time.
 */
import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Page } from "puppeteer-core";
import { startBrowser } from "./browser";

const { values, positionals } = parseArgs({
  options: { "one-thread": { type: "boolean" } },
  allowPositionals: true,
});
const [task = "6x6", share = "0.9"] = positionals;

/** Ticks of the kernel's clock in a second. */
const TICKS = 100;

/** Seconds of processor time of a process and all that it has started. */
function processorSeconds(root: number): number {
  const found = readdirSync("/proc").flatMap((name) => {
    try {
      const fields = readFileSync(`/proc/${Number(name)}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      const [, parent, user, system] = [0, 1, 11, 12].map((field) => Number(fields[field]));
      return [{ id: Number(name), parent: parent!, ticks: user! + system! }];
    } catch {
      return []; // no process, or one that has just ended
    }
  });
  const ticks = (id: number): number =>
    found.reduce((sum, { parent, id: child }) => (parent === id ? sum + ticks(child) : sum), 0) +
    (found.find((one) => one.id === id)?.ticks ?? 0);
  return ticks(root) / TICKS;
}

/** What the page says of its training: name and value of each fact. */
const factsOf = (page: Page): Promise<Record<string, string>> =>
  page.$$eval("#facts div", (facts) =>
    Object.fromEntries(facts.map((fact) => [...fact.children].map(({ textContent }) => textContent))),
  );

async function main(): Promise<void> {
  const { serve } = await import("./serve.mjs");
  const { SITE_FOLDER } = await import("./build.mjs");
  const { url, close } = await serve(SITE_FOLDER, 0, { isolated: !values["one-thread"] });
  const browser = await startBrowser();
  if (!browser) throw new Error("no Chrome or Chromium starts on this machine");
  const page = await browser.newPage();
  await page.goto(`${url}#tab=train&train=${task}&trainSeed=0`);
  const before = { load: loadavg()[0], at: Date.now(), cpu: processorSeconds(browser.process()!.pid!) };
  await page.click("#start");
  for (let solved = 0; solved < Number(share); ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const facts = await factsOf(page);
    if (facts["solved (average)"] !== undefined)
      solved = Number.parseInt(facts["solved (average)"], 10) / 100 || 0;
    console.log(
      JSON.stringify({
        ...facts,
        wall: (Date.now() - before.at) / 1000,
        processor: processorSeconds(browser.process()!.pid!) - before.cpu,
      }),
    );
  }
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, load ${before.load} to ${loadavg()[0]}`);
  await browser.close();
  close();
}

main();

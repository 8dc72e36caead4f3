import puppeteer, { type Browser } from "puppeteer-core";
import { browserPrograms } from "../../packages/workbench/src/figures/browser";

/** A headless browser that asks nothing of the network by itself; undefined where none starts on this machine. */
export async function startBrowser(): Promise<Browser | undefined> {
  for (const program of browserPrograms()) {
    try {
      const { path, env } = program();
      return await puppeteer.launch({
        executablePath: path,
        headless: "shell",
        pipe: true,
        args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        env: { ...process.env, ...env },
        timeout: 60_000,
        protocolTimeout: 120_000,
      });
    } catch {
      // The next program may start.
    }
  }
  return undefined;
}

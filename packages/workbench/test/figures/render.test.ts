import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import { closeRenderer, renderPng, saveFigure } from "../../src/figures";
import { browserPrograms } from "../../src/figures/browser";
import { keepProcessAlive, openPlotlyPage } from "../../src/figures/render";
import { figures } from "./samples";

/** Width and height from the header of a PNG file. */
function pngSize(png: Uint8Array): [number, number] {
  const bytes = Buffer.from(png);
  assert.equal(bytes.toString("latin1", 1, 4), "PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe("rendering", { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "trm-figures-"));
  after(async () => {
    await closeRenderer();
    rmSync(folder, { recursive: true });
  });

  it("draws every kind of figure in its own size", async () => {
    for (const [name, figure] of Object.entries(figures)) {
      const png = await renderPng(figure);
      assert.deepEqual(pngSize(png), [figure.layout.width, figure.layout.height], name);
      // A blank page of this size would be about 3 kB.
      assert.ok(png.length > 6_000, `${name}: ${png.length} bytes`);
    }
  });

  it("draws figures that are asked for at once one after another", async () => {
    const pngs = await Promise.all([
      renderPng(figures.loss),
      renderPng(figures.sudoku),
      renderPng(figures.loss),
    ]);
    assert.deepEqual(pngs[0], pngs[2]);
  });

  it("saves a PNG at twice the size and the same figure as JSON", async () => {
    process.env.TRM_FIGURES = folder;
    try {
      const paths = await saveFigure(figures.loss, "loss-curve");
      assert.deepEqual(paths, [join(folder, "loss-curve.png"), join(folder, "loss-curve.json")]);
      assert.deepEqual(pngSize(readFileSync(paths[0])), [2 * 760, 2 * 360]);
      assert.deepEqual(JSON.parse(readFileSync(paths[1], "utf8")), JSON.parse(JSON.stringify(figures.loss)));
      assert.deepEqual(readdirSync(folder).sort(), ["loss-curve.json", "loss-curve.png"]);
      await assert.rejects(saveFigure(figures.loss, "../loss"), /cannot name a figure/);
    } finally {
      delete process.env.TRM_FIGURES;
    }
  });

  it("lets the process end by itself, and the browser with it", () => {
    const script = `
      const { renderPng } = require("./src/figures");
      renderPng({ data: [], layout: {} }).then((png) => console.log(png.length > 1000));`;
    const child = runScript(script, {});
    assert.equal(child.stdout.trim(), "true", child.stderr);
    assert.equal(child.status, 0);
  });

  it("says in one sentence what to do where no browser starts, and still saves the JSON", () => {
    const script = `
      const { saveFigure } = require("./src/figures");
      (async () => {
        console.log((await saveFigure({ data: [], layout: {} }, "a")).length);
        console.log((await saveFigure({ data: [], layout: {} }, "b")).length);
      })();`;
    const child = runScript(script, { TRM_CHROME: process.execPath, TRM_FIGURES: folder });
    assert.equal(child.status, 0, child.stderr);
    assert.equal(child.stdout, "1\n1\n");
    assert.match(child.stderr, /^Figures are saved as JSON only: no Chrome or Chromium could be started/);
    assert.match(child.stderr, /install one, or set TRM_CHROME to its program\n$/);
    assert.equal(child.stderr.trim().split("\n").length, 1);
  });
});

describe("Plotly's own check", { timeout: 180_000 }, () => {
  it("knows every attribute of every figure", async () => {
    const { browser, page } = await openPlotlyPage(browserPrograms()[0]());
    keepProcessAlive(browser, true);
    try {
      for (const [name, figure] of Object.entries(figures)) {
        const complaints = await page.evaluate((json) => {
          const { data, layout } = JSON.parse(json);
          const { Plotly } = globalThis as unknown as { Plotly: PlotlyCheck };
          return (Plotly.validate(data, layout) ?? []).map(({ msg }) => msg);
        }, JSON.stringify(figure));
        assert.deepEqual(complaints, [], name);
      }
    } finally {
      await browser.close();
    }
  });
});

interface PlotlyCheck {
  validate(data: unknown, layout: unknown): { readonly msg: string }[] | undefined;
}

function runScript(script: string, env: Record<string, string>) {
  return spawnSync(process.execPath, ["--conditions=source", "--import", "tsx", "-e", script], {
    cwd: resolve(__dirname, "../.."),
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: 90_000,
  });
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../files/paths";

/** A browser to start: its program, and the variables that it needs beside the environment. */
export interface BrowserProgram {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const usualPaths: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: [
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/microsoft-edge",
  ],
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/**
 * The browsers to try, best first: the one that TRM_CHROME or PUPPETEER_EXECUTABLE_PATH names (then no other), else the
 * machine's own, else the one inside the npm package `@sparticuz/chromium` (Linux on x64), which needs no installation.
 * They are thunks because unpacking the last one takes seconds: it happens only when nothing before it starts.
 */
export function browserPrograms(): (() => BrowserProgram)[] {
  for (const variable of ["TRM_CHROME", "PUPPETEER_EXECUTABLE_PATH"]) {
    const path = process.env[variable];
    if (!path) continue;
    if (!existsSync(path)) throw new Error(`${variable} names ${path}, which does not exist`);
    return [() => ({ path, env: {} })];
  }
  const installed = (usualPaths[process.platform] ?? []).filter((path) => existsSync(path));
  const programs = installed.map((path) => () => ({ path, env: {} }));
  return process.platform === "linux" && process.arch === "x64" ? [...programs, bundledChromium] : programs;
}

/**
 * Unpacks the bundled Chromium once into `.cache` (190 MB) and says how to start it. The package is made for AWS Lambda:
 * the libraries that a bare Linux lacks are in it, and its font; both have to be pointed at.
 */
function bundledChromium(): BrowserProgram {
  const packageFile = join(dirname(require.resolve("@sparticuz/chromium")), "../../package.json");
  const { version } = require(packageFile) as { version: string };
  const folder = join(cacheFolder, `chromium-${version}`);
  if (!existsSync(folder)) unpack(folder);
  return {
    path: join(folder, "chromium"),
    env: {
      LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
      HOME: folder,
    },
  };
}

/** The package unpacks into the folder for temporary files only, so a child process with one of its own does it. */
function unpack(folder: string): void {
  mkdirSync(cacheFolder, { recursive: true });
  const temporary = mkdtempSync(join(cacheFolder, "chromium-"));
  try {
    const script = 'import("@sparticuz/chromium").then((chromium) => chromium.default.executablePath())';
    const child = spawnSync(process.execPath, ["-e", script], {
      cwd: __dirname,
      // It takes the libraries along only when it believes that it runs on Lambda.
      env: { ...process.env, TMPDIR: temporary, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" },
      encoding: "utf8",
      timeout: 120_000,
    });
    if (child.status !== 0) {
      const reason = /^\w*Error.*$/m.exec(child.stderr)?.[0] ?? child.error?.message ?? child.stderr;
      throw new Error(`unpacking @sparticuz/chromium failed: ${reason}`);
    }
    // Its own fonts first, then the machine's, for characters that its one font lacks. Relative to this file.
    const fontFolders = ["fonts", "/usr/share/fonts", "/usr/local/share/fonts"];
    writeFileSync(
      join(temporary, "fonts.conf"),
      `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${fontFolders
        .map((name) => `<dir prefix="relative">${name}</dir>`)
        .join("")}<cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n`,
    );
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another process may have been faster: a folder that is there is complete.
    if (!existsSync(folder)) throw error;
  }
}

import { statfsSync } from "node:fs";
import { SetupError } from "./say.mjs";

const GB = 1e9;

/** Disk space of each part while it is installed, in GB (measured, rounded up). */
export const SPACE = { npm: 1, python: 2.2, pythonGpu: 9, compiler: 0.6 };

/** Free space on the disk that holds a folder. @param {string} folder */
export function freeSpaceGb(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return (bavail * bsize) / GB;
}

/**
 * Stops before an installation that would fill the disk. `TRM_MIN_FREE_GB` overrides the measured need.
 * @param {string} folder
 * @param {number} neededGb
 */
export function checkDisk(folder, neededGb) {
  const freeGb = freeSpaceGb(folder);
  const override = Number.parseFloat(process.env.TRM_MIN_FREE_GB ?? "");
  const wanted = Number.isNaN(override) ? neededGb : override;
  if (freeGb >= wanted) return;
  throw new SetupError(
    `Not enough disk space: ${wanted.toFixed(1)} GB are needed in ${folder} and ${freeGb.toFixed(1)} GB are free; free some space and run the command again.`,
  );
}

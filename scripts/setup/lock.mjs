import { mkdirSync, readFileSync, rmSync, statSync, utimes, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;
const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs `work` while no other set-up of this project runs; waits for one that does.
 * @template R
 * @param {string} file
 * @param {import("./say.mjs").Say} say
 * @param {() => Promise<R>} work
 * @returns {Promise<R>}
 */
export async function withLock(file, say, work) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${process.pid} ${hostname()} ${Date.now()}\n`;
  let told = false;
  while (!(await take(file, mine))) {
    const holder = read(file);
    if (holder !== null && isStale(file, holder)) rmSync(file, { force: true });
    else if (!told) {
      say.line(
        `another set-up (process ${Number.parseInt(holder ?? "", 10)}) is at work here; waiting for it`,
      );
      told = true;
    }
    await sleep(200);
  }
  // The touch tells those that the holder lives who cannot see its process, in another container say.
  const heartbeat = setInterval(() => utimes(file, new Date(), new Date(), () => {}), HEARTBEAT_MS);
  const release = () => rmSync(file, { force: true });
  const interrupted = () => {
    release();
    process.exit(130);
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    for (const signal of SIGNALS) process.off(signal, interrupted);
    release();
  }
}

/** @param {string} file @param {string} mine */
async function take(file, mine) {
  try {
    writeFileSync(file, mine, { flag: "wx" });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
  // Another waiter may have judged the lock before this one stale and removed ours by mistake: look again.
  await sleep(50);
  return read(file) === mine;
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** @param {string} file @param {string} holder */
function isStale(file, holder) {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return true;
    const [pid, host] = holder.split(" ");
    if (host !== hostname()) return false; // from here only its heartbeat shows, or it is being written
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

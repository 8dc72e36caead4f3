import { rmSync } from "node:fs";
import { join } from "node:path";
import { CACHE, ROOT } from "./paths.mjs";
import { findPython } from "./python.mjs";
import { runStep } from "./run.mjs";
import { PIP_INSTALL } from "./venv.mjs";

/** An environment of its own: PyTorch and TensorFlow ask for different versions of the same packages. */
const PEER = join(CACHE, "pytorch");

/**
 * Installs the CPU build of PyTorch, against which `npm run bench` measures. Nothing else needs it.
 * @param {import("./say.mjs").Say} say
 */
export async function installPeer(say) {
  rmSync(PEER, { recursive: true, force: true, maxRetries: 5 });
  await runStep(say, {
    step: "Python environment .cache/pytorch",
    log: "peer-venv",
    command: findPython().executable,
    args: ["-m", "venv", PEER],
  });
  await runStep(say, {
    step: "PyTorch (python/requirements-peer.txt)",
    log: "peer-pip",
    command: join(PEER, process.platform === "win32" ? "Scripts" : "bin", "python"),
    args: [...PIP_INSTALL, "-r", join(ROOT, "python", "requirements-peer.txt")],
  });
}

import { spawnSync } from "node:child_process";
import { SetupError } from "./say.mjs";

const OLDEST = [3, 10];
/** The newest Python that TensorFlow 2.21 has builds for. */
const NEWEST_WITH_TENSORFLOW = [3, 13];

const CANDIDATES = ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"];

/** @typedef {{ command: string, executable: string, version: [number, number, number], venv: boolean }} Python */

/**
 * The Python that the project's environment is made from: `TRM_SETUP_PYTHON` if set, else the first on the PATH that
 * TensorFlow has builds for, else the first that is new enough.
 * @param {string | undefined} chosen the value of `TRM_SETUP_PYTHON`
 * @returns {Python}
 */
export function findPython(chosen = process.env.TRM_SETUP_PYTHON) {
  const found = (chosen ? [chosen] : CANDIDATES).flatMap((command) => probe(command) ?? []);
  const newEnough = found.filter((python) => !isOlder(python.version, OLDEST));
  if (newEnough.length === 0) throw new SetupError(noPython(found, chosen));
  const whole = newEnough.filter((python) => python.venv);
  if (whole.length === 0) {
    const { executable, version } = newEnough[0];
    throw new SetupError(
      `${executable} lacks Python's venv module: install it (on Debian and Ubuntu: apt install python${version[0]}.${version[1]}-venv) and run the command again.`,
    );
  }
  return whole.find((python) => !isOlder(NEWEST_WITH_TENSORFLOW, python.version)) ?? whole[0];
}

/** True if TensorFlow has a build for this Python. @param {Python} python */
export const hasTensorFlow = ({ version }) => !isOlder(NEWEST_WITH_TENSORFLOW, version);

/**
 * Compares major and minor only.
 * @param {readonly number[]} a @param {readonly number[]} b
 */
const isOlder = (a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** @param {Python[]} found @param {string | undefined} chosen */
function noPython(found, chosen) {
  const wanted = `Python ${OLDEST.join(".")} or newer is needed (${OLDEST.join(".")} to ${NEWEST_WITH_TENSORFLOW.join(".")} for TensorFlow)`;
  const there = found.map((python) => `${python.command} is ${python.version.join(".")}`).join(", ");
  if (chosen)
    return `${wanted}, and TRM_SETUP_PYTHON=${chosen} ${there ? "is too old" : "does not run"}: set it to another Python or unset it.`;
  return `${wanted} and ${there ? `only older ones were found (${there})` : "none was found"}: install one, or set TRM_SETUP_PYTHON to its path, and run the command again.`;
}

const PROBE = `
import json, sys
try:
    import ensurepip, venv
    whole = True
except ImportError:
    whole = False
print(json.dumps([sys.executable, list(sys.version_info[:3]), whole]))
`;

/** @param {string} command @returns {Python | null} */
function probe(command) {
  const { status, stdout } = spawnSync(command, ["-c", PROBE], { encoding: "utf8", timeout: 20_000 });
  if (status !== 0) return null;
  try {
    const [executable, version, venv] = JSON.parse(stdout);
    return { command, executable, version, venv };
  } catch {
    return null; // another program under this name
  }
}

const OLDEST_NODE = [20, 19];

/**
 * The problem of this Node or system in one sentence, or null.
 * @param {string} version such as "20.19.0"
 * @param {string} platform as `process.platform`
 * @returns {string | null}
 */
export function nodeProblem(version, platform) {
  const parts = version.split(".").map(Number);
  const tooOld = parts[0] < OLDEST_NODE[0] || (parts[0] === OLDEST_NODE[0] && parts[1] < OLDEST_NODE[1]);
  if (tooOld) {
    return (
      "Node " +
      OLDEST_NODE.join(".") +
      " or newer is needed and this is " +
      version +
      ": install a newer one and run the command again."
    );
  }
  if (platform === "win32") {
    return "Windows is supported through WSL 2: open a WSL terminal, clone the project there and run the command again.";
  }
  return null;
}

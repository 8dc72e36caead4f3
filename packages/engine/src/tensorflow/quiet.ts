/** Hides the lines that TensorFlow writes to stderr while it starts. */
import { silenceLog } from "../settings";
import { libc, writeOnly } from "./libc";

/**
 * Calls `f` while file descriptor 2 leads nowhere: TensorFlow writes some start-up lines before it reads
 * `TF_CPP_MIN_LOG_LEVEL`, so the variable alone does not silence them. `TF_CPP_MIN_LOG_LEVEL=0` shows everything.
 */
export function withQuietStderr<T>(f: () => T): T {
  if (!silenceLog()) return f();
  const { dup, dup2, open, close } = libc();
  const stderr = dup(2);
  // The process has no stderr.
  if (stderr < 0) return f();
  const sink = open(process.platform === "win32" ? "NUL" : "/dev/null", writeOnly);
  try {
    if (sink >= 0) dup2(sink, 2);
    return f();
  } finally {
    dup2(stderr, 2);
    close(stderr);
    if (sink >= 0) close(sink);
  }
}

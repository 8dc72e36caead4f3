/** Turns TensorFlow's status objects and null pointers into JavaScript errors that say what failed. */
import type { Pointer, TensorFlowC } from "./ffi";

export type Status = Pointer<"TF_Status">;

/** TensorFlow's error codes (`tsl_status.h`) by number. */
const codeNames = [
  "OK",
  "cancelled",
  "unknown error",
  "invalid argument",
  "deadline exceeded",
  "not found",
  "already exists",
  "permission denied",
  "out of memory or another resource",
  "failed precondition",
  "aborted",
  "out of range",
  "not implemented",
  "internal error",
  "unavailable",
  "data loss",
] as const;

/** An error that TensorFlow reported. */
export class TensorFlowError extends Error {
  override readonly name = "TensorFlowError";

  /**
   * @param what what was being done, for example `MatMul(float32[2,3], float32[2,3])`
   * @param code TensorFlow's error code
   * @param detail TensorFlow's own message
   */
  constructor(
    readonly what: string,
    readonly code: number,
    readonly detail: string,
  ) {
    super(`${what}: ${codeNames[code] ?? `error ${code}`}: ${detail}`);
  }
}

/** A status object that the caller deletes. Concurrent (asynchronous) calls must each have their own. */
export function newStatus(c: TensorFlowC): Status {
  return notNull(c.TF_NewStatus(), "TF_NewStatus");
}

/**
 * Throws if `status` holds an error.
 *
 * @param what what was being done; a function, so that the text is made only when needed
 */
export function check(c: TensorFlowC, status: Status, what: () => string): void {
  const code = c.TF_GetCode(status);
  if (code !== 0) throw new TensorFlowError(what(), code, c.TF_Message(status));
}

/** Refuses a null pointer, which would end the process if it reached C. */
export function notNull<T extends bigint>(pointer: T | null, what: string): T {
  if (pointer === null) throw new Error(`TensorFlow returned no object for ${what}.`);
  return pointer;
}

/** bfloat16 for processors without instructions for it. */
import type { Plan } from "../plan/ops";

/**
 * Keeps every bfloat16 of a plan as the float32 that it stands for: numbers are rounded where they were, and then products are those
 * that the processor is fast at, with nothing to take apart between a load and a multiplication.
 */
export function keepAsFloat32({ buffers }: Plan): void {
  for (const buffer of buffers) {
    if (buffer.dtype !== "bfloat16") continue;
    buffer.dtype = "float32";
    buffer.short = true;
  }
}

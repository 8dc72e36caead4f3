/** bfloat16 on processors without instructions for it. */
import type { Plan } from "../plan/ops";

/**
 * Stores each bfloat16 as an already rounded float32. Results are the same, and products use the fast float32 instructions without
 * unpacking.
 */
export function storeAsFloat32({ buffers }: Plan): void {
  for (const buffer of buffers) {
    if (buffer.dtype !== "bfloat16") continue;
    buffer.dtype = "float32";
    buffer.roundsToBf16 = true;
  }
}

/** The C text of a kernel, and its pointers. */
import { storedAs, type View } from "../plan/memory";

/** The C text of a kernel, and the views that its pointers address. */
export interface KernelCode {
  /** The body of a function with the pointers `p0, p1, …`, and with `from` and `to` if it runs over a range. */
  readonly body: string;
  readonly pointers: readonly Address[];
}

interface Address {
  readonly view: View;
  readonly written: boolean;
}

/** The C parameters of the function of a kernel. */
export const parametersOf = ({ pointers }: KernelCode): string[] =>
  pointers.map(
    ({ view, written }, i) => `${written ? "" : "const "}${storedAs[view.buffer.dtype]} *restrict p${i}`,
  );

/** The pointers of a kernel under construction. Views with the same offset and the same stride between blocks share one. */
export class Pointers {
  readonly all: Address[] = [];

  /** The name of the pointer to a view. */
  to(view: View, written: boolean): string {
    let index = this.all.findIndex(
      (other) =>
        other.written === written &&
        other.view.buffer === view.buffer &&
        other.view.offset === view.offset &&
        leading(other.view) === leading(view),
    );
    if (index < 0) index = this.all.push({ view, written }) - 1;
    return `p${index}`;
  }
}

/** Number of elements from one batch to the next, which is proportional to the stride between blocks. */
const leading = ({ shape, strides }: View): number => (shape.length === 0 ? 0 : strides[0]! * shape[0]!);

/** What the text of a kernel is: the body of a function, and what it is called with. */
import { storedAs, type View } from "../plan/memory";

/** C text of a kernel, and the views whose addresses it is called with. */
export interface KernelCode {
  /** The body of a function of the pointers `p0, p1, …`, and of `from` and `to` where it does a range. */
  readonly body: string;
  readonly pointers: readonly Address[];
}

interface Address {
  readonly view: View;
  readonly written: boolean;
}

/** The parameters of a kernel's function. */
export const parametersOf = ({ pointers }: KernelCode): string[] =>
  pointers.map(
    ({ view, written }, i) => `${written ? "" : "const "}${storedAs[view.buffer.dtype]} *restrict p${i}`,
  );

/** The pointers of a kernel while it is written: one for all views that begin at the same place and take equal steps. */
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

/** Elements of all examples. */
const leading = ({ shape, strides }: View): number => (shape.length === 0 ? 0 : strides[0]! * shape[0]!);

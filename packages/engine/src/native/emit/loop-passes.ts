/** The passes over a row that a loop needs: a reduction of the row ends one, and whatever reads its result waits for the next. */
import { computedAs } from "../plan/memory";
import type { MapOp, RowOp } from "../plan/ops";
import { type Level, type Loop, levelIn, passedOn } from "../schedule/fuse";

/** Columns of a row that is stashed for a sum over it: a quarter of a core's L1 cache. */
const maxSummedColumns = 2048;

export class LoopPasses {
  /** The passes before the result of an operation is known; a reduction's own pass counts. */
  private readonly before = new Map<MapOp | RowOp, number>();

  constructor(private readonly loop: Loop) {
    for (const op of loop.ops) {
      const passes = op.args.map((arg) => {
        const producer = passedOn(loop, this.level(op), arg);
        return producer === undefined ? 0 : this.passesBefore(producer);
      });
      this.before.set(op, Math.max(0, ...passes) + (op.kind === "row" ? 1 : 0));
    }
  }

  /** The level at which an operation reads. */
  level(op: MapOp | RowOp): Level {
    return op.kind === "row" ? "element" : levelIn(this.loop, op)!;
  }

  /** The level of an operation's result. */
  resultLevel(op: MapOp | RowOp): Level {
    return op.kind === "row" ? "row" : this.level(op);
  }

  passesBefore(op: MapOp | RowOp): number {
    return this.before.get(op)!;
  }

  /** The pass in which an operation reads elements. */
  passOf(op: MapOp | RowOp): number {
    return this.passesBefore(op) - (op.kind === "row" ? 1 : 0);
  }

  /** The index of the last pass. */
  get last(): number {
    return Math.max(0, ...this.loop.ops.map((op) => this.passOf(op)));
  }

  /** Whether an element is stored in an array of the row: a later pass reads it again, or a sum of the row reads all. */
  isStashed(op: MapOp | RowOp): boolean {
    if (this.resultLevel(op) !== "element") return false;
    return this.loop.ops.some(
      (reader) =>
        this.summand(reader) === op ||
        (this.level(reader) === "element" &&
          this.passOf(reader) > this.passesBefore(op) &&
          reader.args.some((arg) => passedOn(this.loop, "element", arg) === op)),
    );
  }

  /** The producer of a row that is summed after the pass, which takes fewer steps than within it; undefined for other operations. */
  summand(op: MapOp | RowOp): MapOp | RowOp | undefined {
    if (op.kind !== "row" || op.how !== "sum" || this.loop.columns > maxSummedColumns) return undefined;
    const producer = passedOn(this.loop, "element", op.args[0]);
    if (producer === undefined || this.resultLevel(producer) !== "element") return undefined;
    return computedAs[producer.to.buffer.dtype] === "float" ? producer : undefined;
  }
}

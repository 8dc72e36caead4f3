/** The passes of a loop over a row: a reduction of the row ends a pass, and its readers run in the next one. */
import { computedAs } from "../plan/memory";
import type { MapOp, RowOp } from "../plan/ops";
import { fusedProducer, type Level, type Loop, levelIn } from "../schedule/fuse";

/** The longest row that is stashed for a sum over it: a quarter of the L1 cache of a core. */
const maxSummedColumns = 2048;

export class LoopPasses {
  /** Number of passes until the result of an operation is known, including the pass of a reduction itself. */
  private readonly before = new Map<MapOp | RowOp, number>();

  constructor(private readonly loop: Loop) {
    for (const op of loop.ops) {
      const passes = op.args.map((arg) => {
        const producer = fusedProducer(loop, this.level(op), arg);
        return producer === undefined ? 0 : this.passesBefore(producer);
      });
      this.before.set(op, Math.max(0, ...passes) + (op.kind === "row" ? 1 : 0));
    }
  }

  /** The level of the elements that an operation reads. */
  level(op: MapOp | RowOp): Level {
    return op.kind === "row" ? "element" : levelIn(this.loop, op)!;
  }

  /** The level of the result of an operation. */
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

  /** True if an element is stashed in an array of the row, for a later pass or for a sum of the row. */
  isStashed(op: MapOp | RowOp): boolean {
    if (this.resultLevel(op) !== "element") return false;
    return this.loop.ops.some(
      (reader) =>
        this.summand(reader) === op ||
        (this.level(reader) === "element" &&
          this.passOf(reader) > this.passesBefore(op) &&
          reader.args.some((arg) => fusedProducer(this.loop, "element", arg) === op)),
    );
  }

  /** The producer of a row that is summed after its pass, which is faster than in it; undefined for other operations. */
  summand(op: MapOp | RowOp): MapOp | RowOp | undefined {
    if (op.kind !== "row" || op.how !== "sum" || this.loop.columns > maxSummedColumns) return undefined;
    const producer = fusedProducer(this.loop, "element", op.args[0]);
    if (producer === undefined || this.resultLevel(producer) !== "element") return undefined;
    return computedAs[producer.to.buffer.dtype] === "float" ? producer : undefined;
  }
}

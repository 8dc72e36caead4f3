/** Other kernels as C: sums over leading dimensions, argmax of rows, gather and scatter. */
import { sizeOf } from "../../graph/graph";
import type { View } from "../plan/memory";
import type { AddOp, GatherOp, RowOp, ScatterOp } from "../plan/ops";
import type { Loop } from "../schedule/fuse";
import type { KernelCode } from "./pointers";
import { rowIndex } from "./rows";

export function addCode({ from, to: { view } }: AddOp, fraction: number): KernelCode {
  const to = view!;
  const columns = from.shape.at(-1)!;
  const leading = from.shape.length === 1;
  const rows = (sizeOf(from.shape) / (leading ? 1 : columns)) * fraction;
  const value = (index: string) =>
    from.buffer.dtype === "bfloat16" ? `bf16_to_f32(p0[${index}])` : `p0[${index}]`;
  const [shape, fs, ts] = leading
    ? [from.shape, from.strides, to.strides]
    : [from.shape.slice(0, -1), from.strides.slice(0, -1), to.strides.slice(0, -1)];
  const [fc, tc] = leading ? [0, 0] : [from.strides.at(-1)!, to.strides.at(-1)!];
  const body = [
    `for (long r = 0; r < ${rows}; r++) {`,
    `const long f = ${rowIndex(shape, fs)}, t = ${rowIndex(shape, ts)};`,
    leading
      ? `p1[t] += ${value("f")};`
      : `for (long c = 0; c < ${columns}; c++) p1[t + c * ${tc}] += ${value(`f + c * ${fc}`)};`,
    "}",
  ];
  return {
    body: body.join("\n"),
    pointers: [
      { view: from, written: false },
      { view: to, written: true },
    ],
  };
}

export function gatherCode({ table, index, to }: GatherOp, fraction: number): KernelCode {
  const rows = sizeOf(index.shape) * fraction;
  const width = sizeOf(to.shape) / sizeOf(index.shape);
  const entries = table.shape[0]!;
  const body = [
    `for (long r = 0; r < ${rows}; r++) {`,
    "long i = p1[r];",
    `if (i < 0 || i >= ${entries}) { fault = 2; i = 0; }`,
    `for (long c = 0; c < ${width}; c++) p2[r * ${width} + c] = p0[i * ${width} + c];`,
    "}",
  ];
  const whole: View = { ...table, shape: [sizeOf(table.shape)], strides: [0] };
  return {
    body: body.join("\n"),
    pointers: [
      { view: whole, written: false },
      { view: index, written: false },
      { view: to, written: true },
    ],
  };
}

export function scatterCode({ table, index, updates, to }: ScatterOp): KernelCode {
  const width = sizeOf(table.shape) / table.shape[0]!;
  const body = [
    `for (long i = 0; i < ${sizeOf(table.shape)}; i++) p3[i] = p0[i];`,
    `for (long r = 0; r < ${sizeOf(index.shape)}; r++) {`,
    "const long i = p1[r];",
    `if (i < 0 || i >= ${table.shape[0]}) { fault = 2; continue; }`,
    `for (long c = 0; c < ${width}; c++) p3[i * ${width} + c] = p2[r * ${width} + c];`,
    "}",
  ];
  const pointers = [table, index, updates].map((view) => ({ view, written: false }));
  return { body: body.join("\n"), pointers: [...pointers, { view: to, written: true }] };
}

/** The index of the largest element of each row; the first one among equals. */
export function argMaxCode(loop: Loop, op: RowOp, rows: number | undefined): KernelCode {
  const { view } = op.args[0];
  const row = rowIndex(view.shape.slice(0, -1), view.strides.slice(0, -1));
  const element = (c: string) => {
    const value = `p0[${row} + (${c}) * ${view.strides.at(-1)}]`;
    return view.buffer.dtype === "bfloat16" ? `bf16_to_f32(${value})` : value;
  };
  const body = [
    `for (long r = ${rows === undefined ? "from" : 0}; r < ${rows ?? "to"}; r++) {`,
    "int32_t best = 0;",
    `for (int32_t c = 1; c < ${loop.columns}; c++) if (${element("c")} > ${element("best")}) best = c;`,
    "p1[r] = best;",
    "}",
  ];
  return {
    body: body.join("\n"),
    pointers: [
      { view, written: false },
      { view: op.to, written: true },
    ],
  };
}

import { type Contestant, startOurs } from "./contestant";
import { measureRow, type PairOptions, type RowResult } from "./pairs";
import type { BenchRow } from "./rows";

/**
 * Measures rows one after another.
 * @param onRow told of each result as it comes
 */
export async function runBenchmark(
  rows: readonly BenchRow[],
  options: PairOptions,
  onRow?: (result: RowResult) => void,
): Promise<RowResult[]> {
  const products = new Map<BenchRow["precision"], Contestant>();
  const productsOf = async (precision: BenchRow["precision"]) => {
    const running =
      products.get(precision) ?? (await startOurs({ kind: "products", precision, threads: options.threads }));
    products.set(precision, running);
    return running;
  };
  const results: RowResult[] = [];
  try {
    for (const row of rows) {
      const result = await measureRow(row, await productsOf(row.precision), options);
      results.push(result);
      onRow?.(result);
    }
  } finally {
    for (const contestant of products.values()) await contestant.close();
  }
  return results;
}

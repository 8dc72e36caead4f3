/**
 * A reporter for node's test runner that writes what `npm test` sums up: the runner's own totals, and seconds per file.
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
export default async function* countsReporter(events) {
  /** @type {Record<string, number>} */
  const totals = {};
  /** @type {Record<string, number>} */
  const secondsOf = {};
  for await (const { type, data } of events) {
    if (type === "test:diagnostic" && data.nesting === 0) {
      const total = /^(pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message);
      if (total) totals[total[1]] = Number(total[2]);
    }
    if ((type === "test:pass" || type === "test:fail") && data.nesting === 0 && data.file) {
      secondsOf[data.file] = (secondsOf[data.file] ?? 0) + data.details.duration_ms / 1000;
    }
  }
  yield JSON.stringify({ totals, secondsOf });
}

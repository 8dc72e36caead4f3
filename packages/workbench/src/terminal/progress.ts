import { Writable } from "node:stream";
import { Presets, SingleBar } from "cli-progress";
import { onCompiling } from "tfjs-compile";
import { inNotebook, type NotebookOutput, showBundle } from "./tslab";

/** Metrics that the bar shows beside the steps. Missing ones are left out. */
export interface ProgressMetrics {
  readonly loss?: number;
  /** A fraction from 0 to 1. */
  readonly accuracy?: number;
  /** Bytes in use on the device. */
  readonly memory?: number;
}

export interface Progress {
  /** `step` steps are done. Metrics keep their last value until a new one comes. */
  update(step: number, metrics?: ProgressMetrics): void;
  /** Draws the bar a last time. Call it in a `finally`: until then a terminal's process stays alive. */
  done(): void;
}

/**
 * A progress bar with loss, accuracy, steps per second and the time left: in a notebook one line that changes in place, in
 * a terminal the usual bar, in a log file a line every 30 s.
 *
 * @param total steps when all is done
 * @param options.start steps that were done before, for a run that goes on
 * @param options.label what is going on @default "training"
 * @param options.unit what is counted @default "steps"
 */
export function progress(
  total: number,
  options: { start?: number; label?: string; unit?: string } = {},
): Progress {
  const { start = 0, label = "training", unit = "steps" } = options;
  const notebook = inNotebook();
  const bar = new SingleBar(
    {
      format: `${label} {bar} {value}/{total}{metrics}{speed}, {eta_formatted} left{compiling}`,
      barsize: 24,
      // Averaged over many steps, for evaluations in between make single steps long.
      etaBuffer: 100,
      fps: 4,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: notebook ? 500 : 30_000,
      stream: notebook ? replacingStream() : process.stderr,
    },
    Presets.shades_classic,
  );
  let known: ProgressMetrics = {};
  let first: { step: number; time: number } | undefined;
  bar.start(total, start, { metrics: "", speed: "", compiling: "" });
  const unwatch = onCompiling((running) => {
    const names = running.map(({ name }) => name).join(", ");
    bar.update({ compiling: names && `, compiling ${names}` });
  });
  return {
    update(step, metrics = {}) {
      const time = performance.now();
      // Counted from the end of the first step, which compiles the model.
      first ??= { step, time };
      known = { ...known, ...metrics };
      const speed = (1000 * (step - first.step)) / (time - first.time);
      bar.update(step, {
        metrics: metricsText(known),
        speed: step > first.step ? `, ${speed.toPrecision(3)} ${unit}/s` : "",
      });
    },
    done() {
      unwatch();
      bar.stop();
    },
  };
}

function metricsText({ loss, accuracy, memory }: ProgressMetrics): string {
  return [
    loss === undefined ? "" : `, loss ${loss.toPrecision(3)}`,
    accuracy === undefined ? "" : `, accuracy ${(100 * accuracy).toFixed(1)}%`,
    memory === undefined ? "" : `, ${(memory / 1e9).toPrecision(3)} GB`,
  ].join("");
}

/** A stream for a notebook: every line that is written takes the place of the one before. */
function replacingStream(): Writable {
  let output: NotebookOutput | undefined;
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, written) {
      const line = chunk.trimEnd();
      if (line) {
        if (output) output.update({ "text/plain": line });
        else output = showBundle({ "text/plain": line });
      }
      written();
    },
  });
}

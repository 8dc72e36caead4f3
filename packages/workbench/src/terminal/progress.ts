import { Writable } from "node:stream";
import { Format, Presets, SingleBar } from "cli-progress";
import { onCompiling } from "tfjs-compile";
import { inNotebook, type NotebookOutput, showBundle } from "./tslab";

/** Metrics that the bar shows beside the steps. Missing ones are left out. */
export interface ProgressMetrics {
  readonly loss?: number;
  /** A fraction from 0 to 1, or one for each kind of weights by its name. */
  readonly accuracy?: number | Readonly<Record<string, number>>;
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
      // Before the first step the time left is unknown.
      format: (options, params, payload) => {
        const left = params.value > start ? ", {eta_formatted} left" : "";
        const format = `${label} {bar} {value}/{total}{metrics}{speed}${left}{compiling}`;
        return Format.Formatter({ ...options, format }, params, payload);
      },
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
  let clock: NodeJS.Timeout | undefined;
  const unwatch = onCompiling((running) => {
    clearInterval(clock);
    const names = running.map(({ name }) => name).join(", ");
    const since = performance.now();
    const show = () => {
      const seconds = Math.round((performance.now() - since) / 1000);
      bar.update({ compiling: names && `, compiling ${names}, ${seconds} s` });
    };
    show();
    if (names) clock = setInterval(show, 1000).unref();
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
      clearInterval(clock);
      bar.stop();
    },
  };
}

function metricsText({ loss, accuracy, memory }: ProgressMetrics): string {
  return [
    loss === undefined ? "" : `, loss ${loss.toPrecision(3)}`,
    accuracyText(accuracy),
    memory === undefined ? "" : `, ${(memory / 1e9).toPrecision(3)} GB`,
  ].join("");
}

function accuracyText(accuracy: ProgressMetrics["accuracy"]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  if (accuracy === undefined) return "";
  if (typeof accuracy === "number") return `, accuracy ${percent(accuracy)}`;
  const parts = Object.entries(accuracy).map(([name, share]) => `${percent(share)} (${name})`);
  return `, solved ${parts.join(", ")}`;
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

import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

/** The machine of a benchmark. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  /** Instructions that matter to matrix products, where the system tells. */
  readonly instructions: readonly string[];
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core in the last minute before: above 0.5 the figures are doubtful. */
  readonly loadBefore: number;
}

/** The facts of this machine, now. */
export function machine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    instructions: instructions(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    loadBefore: loadavg()[0],
  };
}

const interesting = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"];

function instructions(): string[] {
  if (platform() !== "linux") return [];
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  const present = flags.split(" ");
  return interesting.filter((name) => present.includes(name));
}

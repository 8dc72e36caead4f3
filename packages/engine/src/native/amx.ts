/** Whether products of bfloat16 use the processor's matrix unit: Intel's AMX, or its emulation. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { settings } from "../settings";
import type { Steps } from "../steps";
import { NotNative } from "./not-native";
import { compileText, runCompiler, runtime, type Toolchain } from "./toolchain";

/** A toolchain with the flags of the matrix unit; or as it was, and why it uses none. */
export interface MatrixUnit {
  readonly tools: Toolchain;
  readonly because?: string;
}

/** `PANEL` of `native/gemm.h` with AMX. */
const panel = 32;

/** The unit by setting and compiler. It is checked once a process. */
const checked = new Map<string, MatrixUnit>();

/** Makes a toolchain use the matrix unit, if the setting `amx`, processor, system and compiler permit it, and it computes rightly. */
export function* withMatrixUnit(tools: Toolchain): Steps<MatrixUnit> {
  const { amx = "on" } = settings();
  const key = `${amx} ${tools.command} ${tools.flags.join(" ")}`;
  const known = checked.get(key);
  if (known !== undefined) return known;
  const unit = yield* unitFor(tools, amx);
  checked.set(key, unit);
  return unit;
}

function* unitFor(tools: Toolchain, amx: "on" | "off" | "emulated"): Steps<MatrixUnit> {
  const without = (because: string): MatrixUnit => ({ tools, because });
  if (amx === "off") return without('the setting amx is "off"');
  if (amx === "on" && !processorHasIt()) return without("the processor has no AMX for bfloat16");
  if (amx === "on" && (!tools.bfloat16 || tools.panel !== panel))
    return without("the processor has AMX, but not the AVX-512 that comes with it");
  const added = amx === "emulated" ? ["-DAMX", "-DAMX_EMULATED"] : ["-DAMX", "-mamx-tile", "-mamx-bf16"];
  const withIt: Toolchain = { ...tools, flags: [...tools.flags, ...added], panel, bfloat16: true, amx: true };
  const text = readFileSync(join(runtime, "amx-check.c"), "utf8");
  const args = [...withIt.flags, "-I", runtime, "-fsyntax-only", "-x", "c", "-"];
  if ((yield* runCompiler(tools.command, args, text)).status !== 0)
    return without("the C compiler does not know AMX");
  let path: string;
  try {
    path = yield* compileText(withIt, "check of the matrix unit", text);
  } catch (error) {
    if (error instanceof NotNative) return without(error.message);
    throw error;
  }
  const problem = problemOf((koffi.load(path).func("check", "int", []) as () => number)());
  return problem === undefined ? { tools: withIt } : without(problem);
}

function processorHasIt(): boolean {
  if (process.platform !== "linux" || process.arch !== "x64") return false;
  const flags = /^flags\s*:(.*)/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" ") ?? [];
  return flags.includes("amx_tile") && flags.includes("amx_bf16");
}

/** What a result of `check` of `native/amx-check.c` means; undefined if the unit can be used. */
function problemOf(result: number): string | undefined {
  if (result === 0) return undefined;
  if (result === -1) return "AMX gave a wrong product";
  if (result === -2) return "a process that tried AMX was ended by the system";
  if (result === -3) return "no process could be made to try AMX";
  const name =
    Object.entries(constants.errno).find(([, number]) => number === result)?.[0] ?? `error ${result}`;
  return `the system refuses AMX to this process (arch_prctl: ${name})`;
}

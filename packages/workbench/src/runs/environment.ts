import { execFileSync } from "node:child_process";
import { engineInfo, nativeCompiler, tf } from "tfjs-compile";
import { projectFolder } from "../files/paths";

/** Software and hardware of a run. */
export interface RunEnvironment {
  /** The engine's backend, such as `tensorflow`. */
  readonly engine: string;
  /** `CPU`, or the name of a GPU. */
  readonly device: string;
  /** Threads it computed with; null is one per core. */
  readonly threads: number | null;
  readonly versions: {
    readonly node: string;
    /** Of TensorFlow, of PJRT's interface, or of tfjs: whichever `engine` is. */
    readonly engine: string;
    readonly tfjs: string;
    /** The C compiler, where `compile()` makes native programs; they round in another way than TensorFlow. */
    readonly compiler?: string;
    /** The commit of this project, where git knows it. */
    readonly project?: string;
  };
}

/** Software and hardware of this process. @throws Error before the engine has been started */
export function runEnvironment(threads?: number): RunEnvironment {
  const { backend, device, version } = engineInfo();
  const project = projectCommit();
  const compiler = nativeCompiler();
  return {
    engine: backend,
    device,
    threads: threads ?? null,
    versions: {
      node: process.versions.node,
      engine: version,
      tfjs: tf.version_core,
      ...(compiler && { compiler }),
      ...(project && { project }),
    },
  };
}

function projectCommit(): string | undefined {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
      cwd: projectFolder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // A copy without history, or a machine without git.
    return undefined;
  }
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A real Slurm on this machine: munge, one controller, and nodes that differ in their host names. */
export interface Cluster {
  /** For the commands of Slurm. */
  readonly env: NodeJS.ProcessEnv;
  /** The output of one of them. @throws Error with what it says against it */
  run(command: string, ...args: readonly string[]): string;
  /** Kills the daemon of a node and all that it runs, as a loss of power does. */
  loseNode(node: string): void;
  /** The ends of its logs, for an error. */
  logs(): string;
  stop(): Promise<void>;
}

const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "unshare"];

/** Why there can be no cluster on this machine; undefined where there can be one. */
export function noCluster(): string | undefined {
  if (process.getuid?.() !== 0) return "slurmd starts jobs as root only";
  const missing = PROGRAMS.filter((name) => spawnSync(name, ["--version"]).error);
  if (missing.length > 0) return `${missing.join(", ")} not installed (Debian: slurmctld slurmd munge)`;
  const { status } = spawnSync("unshare", ["--uts", "true"]);
  return status === 0 ? undefined : "this machine gives no process a host name of its own";
}

/** Starts a cluster, in a temporary folder and on free ports. */
export async function startCluster(nodes: readonly string[]): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "trm-slurm-"));
  const at = (name: string) => join(folder, name);
  const env = { ...process.env, SLURM_CONF: at("slurm.conf") };
  for (const name of ["state", "log", ...nodes]) mkdirSync(at(name));
  writeFileSync(at("munge.key"), randomBytes(128), { mode: 0o400 });
  // Version 1 needs nothing of the machine as long as no plugin uses it.
  writeFileSync(at("cgroup.conf"), `CgroupPlugin=cgroup/v1\nCgroupMountpoint=${at("cgroup")}\n`);
  writeFileSync(env.SLURM_CONF, slurmConf(folder, nodes, await freePorts(nodes.length + 1)));

  const daemons: ChildProcess[] = [];
  const start = (command: string, ...args: readonly string[]) => {
    const daemon = spawn(command, args, { env, stdio: "ignore" });
    daemons.push(daemon);
    return daemon;
  };
  const run = (command: string, ...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const slurmds = new Map<string, ChildProcess>();
  const cluster: Cluster = {
    env,
    run,
    loseNode(node) {
      for (const pid of processesBeside(slurmds.get(node)?.pid)) process.kill(pid, "SIGKILL");
    },
    logs() {
      const tail = (name: string) => `${name}:\n${readFileSync(at(`log/${name}`), "utf8").slice(-3000)}`;
      return readdirSync(at("log")).map(tail).join("\n");
    },
    async stop() {
      for (const node of nodes) cluster.loseNode(node);
      // The controller ends its own helper when it is asked to end.
      for (const daemon of daemons) daemon.kill("SIGTERM");
      for (const daemon of daemons) {
        if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    const files = ["key", "socket", "pid", "seed", "log"].map(
      (name) => `--${name}${name === "socket" ? "" : "-file"}=${at(`munge.${name}`)}`,
    );
    start("munged", "--foreground", "--force", ...files);
    await until("munge answers", () => existsSync(at("munge.socket")));
    start("slurmctld", "-D");
    for (const node of nodes) {
      const command = `hostname ${node}; exec slurmd -D -N ${node}`;
      slurmds.set(node, start("unshare", "--uts", "sh", "-c", command));
    }
    const states = () => spawnSync("sinfo", ["-hN", "-o", "%T"], { env, encoding: "utf8" }).stdout;
    await until("all nodes are idle", () => states() === "idle\n".repeat(nodes.length));
  } catch (error) {
    const logs = cluster.logs();
    await cluster.stop();
    throw new Error(`${(error as Error).message}\n${logs}`);
  }
  return cluster;
}

/** Waits for what the cluster or its tasks will do. @param every milliseconds between two looks */
export async function until(what: string, isSo: () => boolean, every = 300): Promise<void> {
  const deadline = Date.now() + 600_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(every);
  }
}

function slurmConf(folder: string, nodes: readonly string[], [first, ...ports]: readonly number[]): string {
  return `${[
    "ClusterName=trm",
    `SlurmctldHost=${hostname().split(".")[0]}(127.0.0.1)`,
    `SlurmctldPort=${first}`,
    "AuthType=auth/munge",
    // A task that goes back into the queue waits that many seconds, 120 when left out.
    `AuthInfo=socket=${folder}/munge.socket,cred_expire=5`,
    "SlurmUser=root",
    "SlurmdUser=root",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/%n.pid`,
    `SlurmctldLogFile=${folder}/log/slurmctld`,
    `SlurmdLogFile=${folder}/log/%n`,
    // No control groups: they need systemd, or a machine of one's own.
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_CPU",
    "SchedulerParameters=bf_interval=1",
    "MpiDefault=none",
    ...nodes.map((node, i) => `NodeName=${node} NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=1`),
    "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
  ].join("\n")}\n`;
}

/** The processes that share the host name of one that has its own: a node's daemon, its steps and their tasks. */
function processesBeside(pid: number | undefined): number[] {
  const name = hostNameOf(pid);
  if (name === undefined || name === hostNameOf(process.pid)) return [];
  return readdirSync("/proc")
    .map(Number)
    .filter((other) => other > 0 && hostNameOf(other) === name);
}

function hostNameOf(pid: number | undefined): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/uts`);
  } catch {
    return undefined;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

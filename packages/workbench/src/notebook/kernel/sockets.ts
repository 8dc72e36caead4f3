import type { Publisher, Reply, Router } from "zeromq";

/** The contents of Jupyter's connection file. */
export interface Connection {
  readonly transport: string;
  readonly ip: string;
  readonly key: string;
  readonly iopub_port: number;
  readonly shell_port: number;
  readonly control_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
}

/** The kernel's five sockets. */
export interface Sockets {
  readonly iopub: Publisher;
  readonly shell: Router;
  readonly control: Router;
  readonly stdin: Router;
  readonly hb: Reply;
}

/**
 * Opens all sockets. A message can be sent at any time without waiting for the last one, and no message is ever dropped:
 * without a timeout ZeroMQ takes each at once, and without a limit it keeps what a slow reader has not fetched.
 *
 * None is read before all are bound: a socket refuses to send and to receive while it is being bound, and the answer to a
 * message of one goes out through another.
 *
 * @param onMessage is called for each message on shell and control; the heartbeat answers itself
 */
export async function openSockets(
  connection: Connection,
  onMessage: (socket: Router, frames: readonly Buffer[]) => void,
): Promise<Sockets> {
  const zmq = await import("zeromq");
  const options = { sendTimeout: 0, sendHighWaterMark: 0 };
  const sockets = {
    iopub: new zmq.Publisher(options),
    shell: new zmq.Router(options),
    control: new zmq.Router(options),
    stdin: new zmq.Router(options),
    hb: new zmq.Reply(options),
  };
  const { transport, ip } = connection;
  const names = ["iopub", "shell", "control", "stdin", "hb"] as const;
  await Promise.all(
    names.map((name) => sockets[name].bind(`${transport}://${ip}:${connection[`${name}_port`]}`)),
  );
  const { shell, control, hb } = sockets;
  void read(shell, (frames) => onMessage(shell, frames));
  void read(control, (frames) => onMessage(control, frames));
  void read(hb, (frames) => void hb.send([...frames]));
  return sockets;
}

/** Reads until the socket is closed. */
async function read(socket: Router | Reply, onFrames: (frames: readonly Buffer[]) => void): Promise<void> {
  for await (const frames of socket) onFrames(frames);
}

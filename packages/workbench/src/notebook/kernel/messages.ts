import { createHmac, randomUUID } from "node:crypto";
import type { Router } from "zeromq";

/**
 * Jupyter's messages on the wire (https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol):
 * frames of identities, a delimiter, a signature, and four JSON objects.
 */

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
}

/** A message that came in, and the socket that its answer goes to. */
export interface Request {
  readonly socket: Router;
  readonly identities: readonly Buffer[];
  readonly header: Header;
  readonly content: Readonly<Record<string, unknown>>;
}

const delimiter = Buffer.from("<IDS|MSG>");
const session = randomUUID();

/** @throws Error if the message has no delimiter or was signed with another key */
export function parseRequest(key: string, socket: Router, frames: readonly Buffer[]): Request {
  const split = frames.findIndex((frame) => frame.equals(delimiter));
  if (split < 0) throw new Error("a message without delimiter");
  const [signature, ...parts] = frames.slice(split + 1);
  if (signature.toString() !== sign(key, parts)) throw new Error("a message with a wrong signature");
  return {
    socket,
    identities: frames.slice(0, split),
    header: JSON.parse(parts[0].toString()),
    content: JSON.parse(parts[3].toString()),
  };
}

/** The frames of an answer to `request`, or of an output that belongs to it. */
export function messageFrames(
  key: string,
  request: Request,
  type: string,
  content: object,
): (string | Buffer)[] {
  const header = {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: request.header.username,
    date: new Date().toISOString(),
    version: "5.3",
  };
  const parts = [header, request.header, {}, content].map((part) => JSON.stringify(part));
  return [...request.identities, delimiter, sign(key, parts), ...parts];
}

function sign(key: string, parts: readonly (string | Buffer)[]): string {
  if (!key) return "";
  const hash = createHmac("sha256", key);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

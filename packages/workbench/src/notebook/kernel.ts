import { readFileSync } from "node:fs";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import type { Router } from "zeromq";
import { type Connection, openSockets, type Sockets } from "./kernel/sockets";

/**
 * The notebook's kernel: tslab, with mistakes of its 1.0.22 mended. It rewrites names of earlier cells to `exports.name`, but
 * leaves them alone in `{ name }`, which then fails with "name is not defined". So `{ name }` becomes `{ name: name }` first.
 * It sends on sockets that still work on the last message or are being bound, and ends up dumb: see `openSockets`.
 */

/** The part of tslab's server that is used. */
interface Server extends Sockets {
  readonly configPath: string;
  connInfo: Connection;
  init(): Promise<void>;
  handleShellMessage(socket: Router, ...frames: readonly Buffer[]): Promise<void>;
}

/** The part of tslab's converter that is used. It turns a cell into JavaScript. */
interface Converter {
  convert(previousDeclarations: string, source: string): unknown;
}

/** Writes every shorthand property out: `{ x }` -> `{ x: x }`. */
export function expandShorthand(ts: typeof TypeScript, source: string): string {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  const places: { readonly end: number; readonly name: string }[] = [];
  const visit = (node: TypeScript.Node): void => {
    // A default, as in `({ x = 1 } = y)`, makes it an assignment target, where tslab is right.
    if (ts.isShorthandPropertyAssignment(node) && !node.objectAssignmentInitializer) {
      places.push({ end: node.name.end, name: node.name.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return places.reduceRight(
    (text, { end, name }) => `${text.slice(0, end)}: ${name}${text.slice(end)}`,
    source,
  );
}

/** Starts the kernel with tslab's own command line arguments. */
function main(): void {
  const ts: typeof TypeScript = require("@tslab/typescript-for-tslab");
  const module: { createConverter(...options: unknown[]): Converter } = require("tslab/dist/converter");
  const { createConverter } = module;
  module.createConverter = (...options) => {
    const converter = createConverter(...options);
    const { convert } = converter;
    converter.convert = (previous, source) => convert(previous, expandShorthand(ts, source));
    return converter;
  };
  const { ZmqServer }: { ZmqServer: { prototype: Server } } = require("tslab/dist/jupyter");
  ZmqServer.prototype.init = async function (this: Server) {
    this.connInfo = JSON.parse(readFileSync(this.configPath, "utf8"));
    const onMessage = (socket: Router, frames: readonly Buffer[]) =>
      void this.handleShellMessage(socket, ...frames);
    Object.assign(this, await openSockets(this.connInfo, onMessage));
  };
  require("tslab/dist/main").main();
}

if (require.main === module) main();

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { downloadSource, sources } from "../../src/data";
import { download } from "../../src/files";
import { temporaryFolder } from "./support";

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const sha256 = createHash("sha256").update(content).digest("hex");
const quick = { retryDelay: 1, stallTimeout: 400 };

type Handler = (request: IncomingMessage, response: ServerResponse, call: number) => void;
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

/** A server on this machine, and what it was asked for. */
async function serve(
  handler: Handler,
): Promise<{ url: string; ranges: (string | undefined)[]; close(): void }> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) =>
    handler(request, response, ranges.push(request.headers.range) - 1),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  closers.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.csv`, ranges, close };
}

/** Answers as a good server does, ranges included; `limit` cuts the connection after so many bytes. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  limit = Number.POSITIVE_INFINITY,
  etag = '"v1"',
) {
  const start = request.headers["if-range"] === etag ? Number(/\d+/.exec(request.headers.range ?? "0")) : 0;
  response.setHeader("etag", etag);
  response.setHeader("content-length", content.length - start);
  if (start) response.setHeader("content-range", `bytes ${start}-${content.length - 1}/${content.length}`);
  response.writeHead(start ? 206 : 200);
  const body = content.subarray(start, start + limit);
  if (body.length < content.length - start)
    response.write(body, () => setTimeout(() => response.destroy(), 10));
  else response.end(body);
}

const target = () => join(temporaryFolder(), "raw", "data.csv");

function assertOnlyFile(path: string): void {
  assert.deepEqual(readFileSync(path), content);
  assert.deepEqual(readdirSync(join(path, "..")), ["data.csv"], "nothing else is left");
}

test("a download that is cut again and again continues where it was cut", async () => {
  const { url, ranges } = await serve((request, response) => answer(request, response, 70_000));
  const path = target();
  const seen: number[] = [];
  await download(url, path, {
    ...quick,
    sha256,
    attempts: 2,
    onProgress: ({ received, total }) => {
      assert.equal(total, content.length);
      seen.push(received);
    },
  });
  assertOnlyFile(path);
  assert.deepEqual(ranges, [undefined, "bytes=70000-", "bytes=140000-", "bytes=210000-", "bytes=280000-"]);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(seen.at(-1), content.length);
});

test("a later call continues what an earlier one left, unless the file has changed since", async () => {
  for (const etag of ['"v1"', '"v2"']) {
    let healthy = false;
    const { url, ranges } = await serve((request, response) => {
      if (healthy) answer(request, response, undefined, etag);
      else answer(request, response, 50_000);
    });
    const path = target();
    await assert.rejects(
      download(url, path, { ...quick, attempts: 1 }),
      /connection to 127\.0\.0\.1:\d+ breaks again and again: get http.*data\.csv in another way and put it at .*data\.csv/,
    );
    assert.ok(!existsSync(path), "no half file gets the name");
    healthy = true;
    await download(url, path, quick);
    assertOnlyFile(path);
    assert.equal(ranges[1], "bytes=50000-");
  }
});

test("a server that ignores ranges sends the file from its beginning", async () => {
  const { url } = await serve((request, response, call) => {
    delete request.headers["if-range"];
    answer(request, response, call === 0 ? 100_000 : undefined);
  });
  const path = target();
  await download(url, path, quick);
  assertOnlyFile(path);
});

test("a server that marks no version is never continued", async () => {
  const { url, ranges } = await serve((_, response, call) => {
    response.setHeader("content-length", content.length);
    if (call === 0) response.write(content.subarray(0, 5), () => setTimeout(() => response.destroy(), 10));
    else response.end(content);
  });
  const path = target();
  await download(url, path, quick);
  assertOnlyFile(path);
  assert.deepEqual(ranges, [undefined, undefined]);
});

test("a server that says too small a length is caught by the checksum", async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.end(content.subarray(0, 1000));
  });
  const path = target();
  await assert.rejects(
    download(url, path, { ...quick, sha256 }),
    /data\.csv: the bytes that came are not the file/,
  );
  assert.deepEqual(readdirSync(join(path, "..")), []);
});

test("a server that says too large a length is given up", async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { "content-length": content.length + 5 });
    response.write(content, () => setTimeout(() => response.destroy(), 10));
  });
  await assert.rejects(download(url, target(), { ...quick, attempts: 2 }), /breaks again and again/);
});

test("other bytes of the same length are refused", async () => {
  const { url } = await serve((_, response) => response.end(Buffer.from(content).fill(1, 500, 600)));
  const path = target();
  await assert.rejects(download(url, path, { ...quick, sha256 }), /their SHA-256 is [0-9a-f]{64}, not /);
  assert.ok(!existsSync(path));
});

test("a web page is not taken for data", async () => {
  const { url } = await serve((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end("<html>please log in</html>");
  });
  await assert.rejects(download(url, target(), quick), /sends a web page instead of the file/);
});

test("another part than asked for is refused", async () => {
  const { url } = await serve((request, response, call) => {
    if (call === 0) return answer(request, response, 1000);
    response.writeHead(206, { "content-range": `bytes 5-9/${content.length}` });
    response.end("wrong");
  });
  await assert.rejects(download(url, target(), quick), /another part than asked for/);
});

test("a stream without end is stopped", async () => {
  const { url } = await serve((_, response) => {
    const more = () => response.destroyed || response.write(Buffer.alloc(1 << 16), () => setImmediate(more));
    more();
  });
  await assert.rejects(download(url, target(), { ...quick, maxBytes: 1e6 }), /more than it said/);
});

test("a file announced as larger than allowed is not begun", async () => {
  const { url } = await serve((request, response) => answer(request, response));
  await assert.rejects(download(url, target(), { ...quick, maxBytes: 1000 }), /300000 bytes, more than 1000/);
});

test("a connection on which nothing comes is dropped and tried again", async () => {
  const { url } = await serve((request, response, call) => {
    if (call > 0) answer(request, response);
  });
  const path = target();
  await download(url, path, quick);
  assertOnlyFile(path);
  const silent = await serve(() => {});
  await assert.rejects(
    download(silent.url, target(), { ...quick, attempts: 2 }),
    /no byte came for 0\.4 s: get http/,
  );
});

test("busy servers are asked again, missing files are not", async () => {
  const busy = await serve((request, response, call) => {
    if (call < 2) response.writeHead(503).end();
    else answer(request, response);
  });
  const path = target();
  await download(busy.url, path, quick);
  assertOnlyFile(path);
  const missing = await serve((_, response) => response.writeHead(404).end());
  await assert.rejects(download(missing.url, target(), quick), /the server says 404 \(http/);
  assert.equal(missing.ranges.length, 1);
});

test("without a network, one sentence says what to do", async () => {
  const path = target();
  const { url, close } = await serve(() => {});
  close();
  const message = `${new URL(url).host} cannot be reached (ECONNREFUSED): get ${url} in another way and put it at ${path}`;
  await assert.rejects(download(url, path, { ...quick, attempts: 2 }), { message });
});

test("datasets come by name, once, and a file that is not the right one is not used", async () => {
  const asked: string[] = [];
  const { url } = await serve((request, response) => {
    asked.push(request.url!);
    answer(request, response);
  });
  const folder = temporaryFolder();
  const baseUrl = new URL("/mirror/", url).href;
  const paths = await downloadSource("sudoku-extreme", folder, { ...quick, baseUrl });
  assert.deepEqual(asked, ["/mirror/sudoku-extreme/train.csv", "/mirror/sudoku-extreme/test.csv"]);
  assert.deepEqual(
    paths,
    ["train.csv", "test.csv"].map((file) => join(folder, file)),
  );
  await downloadSource("sudoku-extreme", folder, { ...quick, baseUrl });
  assert.equal(asked.length, 2);

  await assert.rejects(
    downloadSource("arc-agi-1", folder, { ...quick, baseUrl }),
    /arc-agi_training_challenges\.json: the/,
  );
  writeFileSync(join(folder, "arc-agi_training_challenges.json"), "{}");
  await assert.rejects(
    downloadSource("arc-agi-1", folder, { ...quick, baseUrl }),
    /remove it to download it again/,
  );
  await assert.rejects(
    downloadSource("sudoku" as "maze-hard", folder),
    /no dataset "sudoku"; there are sudoku-extreme/,
  );
});

test("every public home is a secure address", () => {
  for (const { home } of Object.values(sources)) assert.match(home, /^https:\/\/[\w./-]+\w$/);
});

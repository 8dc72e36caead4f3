/** Files of the playground, and a name that changes with any of them. Written when the site is built. */
declare const PRECACHE: { readonly name: string; readonly files: readonly string[] };

/** The part of a service worker's globals that is used here; TypeScript's library for pages lacks them. */
interface WorkerScope {
  addEventListener(type: "install" | "activate", listener: (event: LifeEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
interface LifeEvent {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends LifeEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const scope = self as unknown as WorkerScope;
const READ_PAGES = "trm-read";

// All of the playground is fetched at the first visit; from then on it needs no network.
scope.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(PRECACHE.name)
      .then((cache) => cache.addAll([...PRECACHE.files]))
      .then(() => scope.skipWaiting()),
  );
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        names.filter((name) => name.startsWith("trm-") && name !== PRECACHE.name && name !== READ_PAGES),
      )
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => scope.clients.claim()),
  );
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request).then(isolated));
});

/** Tells the browser that the page takes nothing from other hosts, where its own host does not: only such a page may use threads. */
function isolated(response: Response): Response {
  if (response.type === "opaqueredirect") return response;
  const headers = new Headers(response.headers);
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}

async function answer(request: Request): Promise<Response> {
  const own = await caches.open(PRECACHE.name).then((cache) => cache.match(request, { ignoreSearch: true }));
  if (own) return own;
  // The other pages: as they are now, or as they were when they were last read.
  const read = await caches.open(READ_PAGES);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await read.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const old = await read.match(request);
    if (old) return old;
    throw error;
  }
}

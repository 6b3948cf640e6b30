/* The worker: static files from this device, pages from the network, and without one their last copy.
   portal/webapp/worker.py puts the names of this release before it; docs/decisions/0013 says what is kept. */
const PATIENCE = 4000, AWAY = [502, 503, 504];
/* Walls, links, their pages and readers from outside: as if there were no worker. */
const LEFT_ALONE = /^\/(screen|r|b|d|links|review|healthz|readyz|metrics)(\/|$)/;
const STATIC = `static-${RELEASE}`;

addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll([...CORE, new Request(OFFLINE, { cache: "reload" })])));
});

/* Pages that are still open have the files of the release before: those go at the next one. */
addEventListener("activate", (event) => event.waitUntil((async () => {
  const ours = (await caches.keys()).filter((name) => name.startsWith("static-") && name !== STATIC);
  await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)));
  await tidy();
  await self.clients.claim();
  for (const client of await self.clients.matchAll()) client.postMessage({ release: RELEASE });
})()));

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin || LEFT_ALONE.test(url.pathname)) return;
  if (request.mode === "navigate") {
    if (request.method === "GET") visit(event, url);
    else if (url.pathname.startsWith("/sign-out")) leave(event);
  } else if (request.method === "GET") {
    if (/^\/(static\/|brand\.css|app-icons\/)/.test(url.pathname) && (url.search || url.pathname.startsWith("/app-icons/"))) {
      event.respondWith(fromHere(STATIC, request));
    } else if (url.pathname.startsWith("/pictures/")) event.respondWith(fromHere(PICTURES, request));
  }
});

/* Their addresses change with their content, so what is here is right. */
async function fromHere(name, request) {
  const known = await caches.match(request);
  if (known) return known;
  const response = await fetch(request);
  if (response.status === 200) {
    const copy = response.clone();
    caches.open(name).then((cache) => cache.put(request, copy)).catch(() => {});
  }
  return response;
}

function visit(event, url) {
  const began = wipes, live = fetch(event.request);
  const copy = live.then((response) => (response.status === 200 ? response.clone() : null), () => null);
  event.waitUntil(copy.then((response) => response && heard(url, response, began)).catch(() => {}));
  event.respondWith(answer(live, url));
}

async function answer(live, url) {
  live.catch(() => {});
  const kept = await find(url);
  const late = new Promise((done) => { if (kept) setTimeout(done, PATIENCE, null); });
  try {
    const response = await Promise.race([live, late]);
    if (response && !(kept && AWAY.includes(response.status))) return response;
    return shown(kept, "slow");
  } catch {
    return kept ? shown(kept, "offline") : (await caches.match(OFFLINE)) || Response.error();
  }
}

/* Whoever signs out leaves nothing behind, also when the portal cannot be told just now. */
function leave(event) {
  const live = fetch(event.request);
  event.waitUntil(wipe());
  event.respondWith(live.catch(() => caches.match(OFFLINE)));
}

addEventListener("message", (event) => event.waitUntil(meet(event.data || {})));

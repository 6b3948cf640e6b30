/* The worker: static files from this device, pages from the network, and without one their last copy.
   portal/webapp/worker.py puts the names of this release before it; docs/decisions/0013 says what is kept. */
const PATIENCE = 4000, AWAY = [502, 503, 504];
/* Walls, links, their pages and readers from outside: as if there were no worker. */
const LEFT_ALONE = /^\/(screen|r|b|d|links|review|healthz|readyz|metrics)(\/|$)/;
const STATIC = `static-${RELEASE}`;
/* Holds the path of a sign-out the portal has not heard of yet; wiping the copies leaves it alone. */
const LEAVING = "leaving";

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
  const isLeft = url.pathname.startsWith("/sign-out");  // from the page below, loaded again
  const began = wipes, live = settled().then(() => (isLeft ? Response.redirect("/") : fetch(event.request)));
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
    return kept ? shown(kept, "offline") : away();
  }
}

/* Whoever signs out leaves nothing behind, also when the portal cannot be told just now. */
function leave(event) {
  const live = signOut(event.request, new URL(event.request.url).pathname);
  event.waitUntil(Promise.all([live, wipe(), silence()].map((each) => each.catch(() => {}))));
  event.respondWith(live.catch(away));
}

/* The page that says there is no connection; to who signed out, what becomes of that. */
async function away() {
  const page = await caches.match(OFFLINE);
  if (!page || !(await owed())) return page || Response.error();
  const headers = new Headers(page.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  return new Response((await page.text()).replace("<html ", "<html data-left "), { headers });
}

const owed = () => caches.match("/leaving", { cacheName: LEAVING }).catch(() => null);

/* Noted first: who closes the browser while nothing answers has signed out all the same. */
async function signOut(request, path) {
  await caches.open(LEAVING).then((cache) => cache.put("/leaving", new Response(path))).catch(() => {});
  const response = await fetch(request);
  if (response.status < 500) await caches.delete(LEAVING).catch(() => {});
  return response;
}

/* Their cookie is out of our reach: until the portal has taken it back, nothing is asked of it with that cookie. */
async function settled() {
  const noted = await owed();
  if (!noted) return;
  const path = await noted.text();
  const response = await signOut(new Request(path, { method: "POST", redirect: "manual" }), path);
  if (response.status >= 500) throw new Error("nobody was signed out");
}

addEventListener("message", (event) => event.waitUntil(meet(event.data || {})));

/* The copies of pages: the last one of each, of whoever is signed in, for a week at most. */
const PAGES = "pages", PICTURES = "pictures", ABOUT = "about";
const KEPT = /^\/($|items\/\d+$|saved$|handbook$|ideas\/new$)/;
const WEEK = 7 * 24 * 3600 * 1000, MOST_PAGES = 30, MOST_PICTURES = 60;
let wipes = 0;

async function wipe() {
  wipes += 1;
  await Promise.all([PAGES, PICTURES, ABOUT].map((name) => caches.delete(name)));
}

/* Whose pages these are, and in which language the page is that says there is no connection. */
async function about() {
  const known = await (await caches.open(ABOUT)).match("/about");
  return known ? known.json() : {};
}

async function note(known) {
  await (await caches.open(ABOUT)).put("/about", new Response(JSON.stringify(known)));
}

async function belongsTo(owner) {
  let known = await about();
  if (known.owner && known.owner !== owner) {
    await wipe();
    known = { language: known.language };
  }
  if (known.owner !== owner) await note({ ...known, owner });
}

/* A page arrived. Where people sign in, whoever was here before is gone. */
async function heard(url, response, began) {
  if (/^\/sign-in(\/|$)/.test(url.pathname)) return wipe();
  const isOfOneKind = !url.search || url.pathname.startsWith("/items/");  // a feed of page 3 is not the feed
  if (!KEPT.test(url.pathname) || !isOfOneKind) return undefined;
  if (response.redirected || !(response.headers.get("Content-Type") || "").startsWith("text/html")) return undefined;
  const text = await response.text(), owner = /<meta name="owner" content="([^"]+)"/.exec(text);
  if (!owner || began !== wipes) return undefined;
  await belongsTo(owner[1]);
  began = wipes;
  const headers = new Headers(response.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  headers.set("X-Kept-At", Date.now());
  headers.set("X-Kept-By", RELEASE);
  const pages = await caches.open(PAGES);
  await pages.delete(url.pathname + url.search);
  if (began !== wipes) return undefined;
  await pages.put(url.pathname + url.search, new Response(text, { headers }));
  if (began !== wipes) await pages.delete(url.pathname + url.search);
  return tidy();
}

async function find(url) {
  if (!KEPT.test(url.pathname)) return null;
  const pages = await caches.open(PAGES);
  const kept = (await pages.match(url.pathname + url.search)) || (await pages.match(url.pathname, { ignoreSearch: true }));
  return kept && Date.now() - kept.headers.get("X-Kept-At") < WEEK ? kept : null;
}

/* The page is told that it is a copy, of when, and why it came. */
async function shown(kept, why) {
  const text = (await kept.text()).replace("<html ", `<html data-kept="${kept.headers.get("X-Kept-At")}" data-why="${why}" `);
  return new Response(text, { headers: kept.headers });
}

/* Oldest first in both: what was stored again stands last. */
async function tidy() {
  const pages = await caches.open(PAGES), pictures = await caches.open(PICTURES), statics = await caches.keys();
  for (const key of await pages.keys()) {
    const { headers } = await pages.match(key);
    const isOver = Date.now() - headers.get("X-Kept-At") >= WEEK || !statics.includes(`static-${headers.get("X-Kept-By")}`);
    if (isOver) await pages.delete(key);
  }
  for (const key of (await pages.keys()).slice(0, -MOST_PAGES)) await pages.delete(key);
  for (const key of (await pictures.keys()).slice(0, -MOST_PICTURES)) await pictures.delete(key);
}

/* A page says whose it is. `first` is the path of one that was there before the worker: that one is fetched to be kept,
   and the form for ideas with it, so that the share menu works in a tunnel. */
async function meet({ owner, language, first }) {
  if (!owner) return;
  await belongsTo(owner);
  const known = await about();
  if (known.language !== language) {
    await (await caches.open(STATIC)).add(new Request(OFFLINE, { cache: "reload" }));
    await note({ ...(await about()), language });
  }
  for (const path of first ? new Set([first, "/ideas/new"]) : []) {
    const url = new URL(path, location.origin), began = wipes;
    if (!KEPT.test(url.pathname)) continue;
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    if (response.status !== 200) continue;
    await withItsFiles(await response.clone().text());
    await heard(url, response, began);
  }
}

/* Pictures only as far as the browser has loaded them: nobody pays for those further down. */
async function withItsFiles(text) {
  for (const [, file, folder] of text.matchAll(/(?:href|src)="(\/(static|brand|pictures)[/.][^"]+)"/g)) {
    const how = folder === "pictures" ? { cache: "only-if-cached", mode: "same-origin" } : {};
    await fromHere(folder === "pictures" ? PICTURES : STATIC, new Request(file, how)).catch(() => {});
  }
}

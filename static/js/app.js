/* The portal as an app: registers the worker, tells it whose page this is, goes on to a new release when nothing is typed. */
(() => {
  const said = (name) => (document.querySelector(`meta[name=${name}]`) || {}).content || "";
  const owner = said("owner"), language = document.documentElement.lang, SOON = 10 * 60 * 1000;

  function isChanged(field) {
    if (field.options) return [...field.options].some((one) => one.defaultSelected && !one.selected);
    if (field.type === "file") return field.files.length > 0;
    if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    return field.type !== "hidden" && field.value !== field.defaultValue;
  }
  const isTyped = () => [...document.querySelectorAll("main input, main textarea, main select")].some(isChanged);

  /* What was typed here belongs to whoever typed it: it goes when they sign out, or when somebody else comes. */
  function forget() {
    for (const name of Object.keys(localStorage)) if (/^(draft|waiting):/.test(name)) localStorage.removeItem(name);
  }
  /* Nor is anything shown here any more for somebody who was signed in before. */
  async function silence() {
    const found = await navigator.serviceWorker.getRegistration();
    const own = await found.pushManager.getSubscription();
    if (own) await own.unsubscribe();
    for (const shown of await found.getNotifications()) shown.close();
  }
  try {
    const before = localStorage.getItem("owner");
    if (owner && before && before !== owner) {
      forget();
      silence().catch(() => {});  // there is no worker, or no way to be shown anything
    }
    if (owner) localStorage.setItem("owner", owner);
    document.addEventListener("submit", ({ target }) => { if (target.matches("[action^='/sign-out'], [data-forgets]")) forget(); });
  } catch { /* A browser that keeps nothing has nothing to forget. */ }

  /* Once in ten minutes at most: two servers in the middle of an upgrade must not have us go back and forth. */
  function goOn() {
    const at = Number(sessionStorage.getItem("went-on") || 0);
    if (isTyped() || Date.now() - at < SOON) return;
    sessionStorage.setItem("went-on", Date.now());
    location.reload();
  }

  window.portal = { owner, isTyped };
  const workers = navigator.serviceWorker;
  if (!workers || !owner) return;
  const isFirst = !workers.controller;
  workers.addEventListener("message", ({ data }) => { if (data && data.release && data.release !== said("release")) goOn(); });
  workers.startMessages();
  workers.register("/sw.js", { scope: "/", updateViaCache: "none" }).then(async (registration) => {
    const { active } = await workers.ready;
    active.postMessage({ owner, language, first: isFirst ? location.pathname + location.search : "" });
    /* An app stays open for days: whoever comes back to it may find a new release. */
    let looked = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || Date.now() - looked < SOON) return;
      looked = Date.now();
      registration.update().catch(() => {});
    });
  }).catch(() => {});
})();

/* The feed beyond its links: says that somebody looks, offers what came meanwhile, and keeps the way back. Nothing moves under a thumb. */
(() => {
  const feed = document.getElementById("feed");
  if (!feed) return;
  const { visit, news, here, from, now } = feed.dataset;
  const REST = 60000;
  let asked = Date.now(), told = false;

  /* An item that is not among these cards, as after the way back from further down: as many pages as it takes. */
  const wanted = /^#item-(\d+)$/.exec(location.hash);
  if (wanted && !document.getElementById(`item-${wanted[1]}`) && !location.search) {
    location.replace(`${here}?to=${wanted[1]}${location.hash}`);
    return;
  }

  const tell = () => {
    if (told || document.hidden) return;
    told = true;
    fetch(visit, { method: "POST", body: new URLSearchParams(feed.dataset.asked ? { asked: feed.dataset.asked } : {}), keepalive: true }).catch(() => {});
  };
  const look = async () => {
    if (document.hidden || Date.now() - asked < REST) return;
    asked = Date.now();
    const answer = await fetch(`${news}?since=${now}`).catch(() => null);
    if (answer && answer.status === 200 && !answer.redirected) document.getElementById("news").innerHTML = await answer.text();
  };
  tell();
  document.addEventListener("visibilitychange", () => { tell(); look(); });
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });

  /* More cards came: the address tells how many pages are shown, so that back and reload show them again. */
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]).find((node) => node.dataset && node.dataset.page);
    if (!added) return;
    if (from === "1" && Number(added.dataset.page) <= 10) history.replaceState(history.state, "", `${here}?upto=${added.dataset.page}`);
    const first = added.querySelector(".act-on, .act-on a");
    if (first) first.focus({ preventScroll: true });
  }).observe(feed, { childList: true, subtree: true });
})();

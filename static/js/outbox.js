/* What is sent without a connection: an idea waits and goes by itself, once; a share waits for whoever shares. */
(() => {
  const { owner, line, button, texts, drafts, isTyped } = window.portal, isCopy = Boolean(document.documentElement.dataset.kept);
  if (!drafts) return;
  const { read, write, drop, named, values, fill } = drafts;
  const share = document.getElementById("share"), idea = document.querySelector("form[action='/ideas']");
  const mark = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  let key = mark();

  async function send(name) {
    const kept = read(name);
    if (!kept || kept.owner !== owner) return;
    const body = new URLSearchParams([...kept.values, ["key", kept.key]]);
    const answer = await fetch("/ideas", { method: "POST", body });
    if (answer.redirected && new URL(answer.url).pathname === "/ideas") {
      drop(name);
      line(texts.sent, "ok");
      if (isCopy && !isTyped()) sessionStorage.setItem("sent", "yes");  // the page of today comes in place of this one
    } else if (answer.status === 422 && write("draft:/ideas", { owner, at: Date.now(), values: kept.values })) {
      drop(name);
      const link = document.createElement("a");
      link.href = "/ideas/new";
      link.textContent = texts.look;
      line(texts.unsent).firstChild.append(link);
    }
  }
  const all = async () => { for (const name of named("waiting")) await send(name); };
  /* In one window of several; the portal knows an idea by its key, should it come twice all the same. */
  const go = () => { window.portal.sending = (navigator.locks ? navigator.locks.request("ideas", all) : all()).catch(() => {}); };

  function wait() {
    const name = `waiting:${key}`, kept = { owner, key, at: Date.now(), values: values(idea) };
    if ([...idea.elements].some((field) => field.files && field.files.length)) return line(texts.pictureWaits);
    if (!write(name, kept)) return line(texts.lost);
    drop(`draft:/ideas${location.search}`);
    fill(idea, kept.values.map(([field]) => [field, ""]));
    key = mark();
    const box = line(texts.waits, "info");
    button(box, texts.back, () => { fill(idea, kept.values); drop(name); box.remove(); });
    return box;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (navigator.onLine || (form !== share && form !== idea)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form === idea) wait().scrollIntoView({ block: "nearest" });
    else share.querySelector("[data-says]").textContent = texts.share;
  }, { capture: true });

  addEventListener("online", () => {
    go();
    if (share && share.querySelector("[data-says]").textContent === texts.share) share.querySelector("[data-says]").textContent = texts.there;
  });
  if (navigator.onLine) go();
  if (!isCopy && sessionStorage.getItem("sent")) { sessionStorage.removeItem("sent"); line(texts.sent, "ok"); }

  if (!idea) return;
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "key" });
  idea.append(hidden);
  idea.addEventListener("submit", () => { hidden.value = key; });
  /* Shared from another app without a connection: the copy of the form does not know of it yet. */
  const shared = new URLSearchParams(isCopy ? location.search : "");
  const words = [shared.get("title"), shared.get("text")].filter(Boolean).join("\n\n");
  if (words || shared.get("url")) fill(idea, [["words", words], ["address", shared.get("url") || ""]]);
})();

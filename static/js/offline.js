/* Says, calmly, that there is no connection: on a page that is a copy of when it is, and on what needs one. */
(() => {
  const root = document.documentElement, texts = (document.getElementById("app") || {}).dataset;
  /* A browser says it is online as soon as there is any network: whether the portal is there is another question. */
  const whenThere = (act) => addEventListener("online", () => fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok && act()).catch(() => {}));
  if (document.querySelector("[data-no-connection]")) whenThere(() => location.reload());
  const said = document.querySelector("[data-signed-out]");
  if (said && "left" in root.dataset) said.textContent = said.dataset.signedOut;
  if (!texts) return;
  const place = document.querySelector(".notices");
  const line = (text, kind = "warn") => {
    const box = document.createElement("div"), row = document.createElement("div"), words = document.createElement("p");
    box.className = `notice ${kind}`;
    row.className = "row";
    words.textContent = text;
    row.append(words);
    box.append(row);
    place.append(box);
    return box;
  };
  const button = (box, label, act) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: "text-button nowrap", textContent: label });
    made.addEventListener("click", act);
    box.firstChild.append(made);
  };

  let shown = null;
  const say = (text) => { if (shown) shown.querySelector("p").textContent = text; else shown = line(text); };
  const kept = Number(root.dataset.kept || 0);
  if (kept) {
    const isToday = new Date(kept).toDateString() === new Date().toDateString();
    const at = new Intl.DateTimeFormat(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(isToday ? {} : { weekday: "long" }) }).format(kept);
    place.replaceChildren();  // what was said when it was new has been read
    button(line(texts[root.dataset.why === "slow" ? "slow" : "offline"].replace("{time}", at)), texts.again, () => location.reload());
  } else addEventListener("offline", () => say(texts.away));
  whenThere(async () => {
    await window.portal.sending;
    if (kept && !window.portal.isTyped()) location.reload();
    else if (shown) { shown.remove(); shown = null; }
  });
  /* A form that cannot arrive anyway: the page stays, with all that is in it. Signing out is for the worker. */
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || event.defaultPrevented || event.target.method !== "post" || event.target.matches("[action^='/sign-out']")) return;
    event.preventDefault();
    say(texts.lost);
    shown.scrollIntoView({ block: "nearest" });
  });
  /* What looks things up while one types need not shout: the line above says it. */
  for (const name of ["htmx:sendError", "htmx:error"]) {
    addEventListener(name, (event) => { if (!navigator.onLine) event.stopPropagation(); }, { capture: true });
  }
  Object.assign(window.portal, { line, button, texts });
})();

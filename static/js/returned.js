/* Back from the network: "did you post it?" comes into view, once. And where nothing can be copied, how to do it by hand. */
(() => {
  const asked = document.querySelector("form[data-asks]"), hold = document.querySelector("[data-hold]");
  if (hold) {
    document.addEventListener("uncopied", () => { hold.hidden = false; });
    if (!navigator.clipboard && hold.dataset.hold === "app") hold.hidden = false;
  }
  if (!asked) return;
  let wasAway = false;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") { wasAway = true; return; }
    if (!wasAway || asked.dataset.asked) return;
    asked.dataset.asked = "yes";
    asked.scrollIntoView({ block: "center" });
    asked.querySelector("h2").focus({ preventScroll: true });
    fetch(asked.dataset.asks, { method: "POST", headers: { Accept: "application/json" } }).catch(() => {});
  });
})();

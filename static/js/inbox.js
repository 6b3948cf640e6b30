/* The inbox by keyboard: j goes to the list from anywhere; in it j and k go on and back, Enter and x press buttons. */
(() => {
  const list = document.querySelector("[data-keys]");
  if (!list) return;
  /* Whoever speaks to the computer may turn the key off that works outside the list (WCAG 2.1.4). */
  const anywhere = list.querySelector("[data-keys-anywhere]");
  try {
    anywhere.checked = localStorage.getItem("inbox-keys") !== "off";
    anywhere.addEventListener("change", () => localStorage.setItem("inbox-keys", anywhere.checked ? "on" : "off"));
  } catch {
    /* A browser that keeps nothing remembers no choice either. */
  }
  list.querySelector("[data-keys-hint]").hidden = false;

  const all = () => [...list.querySelectorAll("article")];
  const first = all()[0];
  if (first) first.tabIndex = 0;

  const go = (article) => {
    if (!article) return;
    for (const each of all()) each.tabIndex = each === article ? 0 : -1;
    article.focus();
    article.scrollIntoView({ block: "nearest" });
  };
  const open = (article, step) => {
    const places = all();
    for (let place = places.indexOf(article) + step; places[place]; place += step) {
      if (!places[place].classList.contains("decided")) return places[place];
    }
    return null;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest("select, input, textarea, dialog, [contenteditable]")) return;
    const article = list.contains(event.target) ? event.target.closest("article") : null;
    if (!article) {
      const last = all().find((each) => each.tabIndex === 0 && !each.classList.contains("decided"));
      if (event.key === "j" && anywhere.checked) go(last || open(null, 1));
      return;
    }
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      go(open(article, event.key === "j" ? 1 : -1));
      return;
    }
    /* On a button or a link Enter is its own. */
    if (event.key === "Enter" && event.target !== article) return;
    const button = [...article.querySelectorAll("button[data-key]")].find((each) => each.dataset.key === event.key);
    if (!button) return;
    event.preventDefault();
    /* First on, then press: what was decided is drawn anew, and focus would be lost with it. */
    go(open(article, 1) || open(article, -1));
    button.click();
  });
})();

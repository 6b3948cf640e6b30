/* The inbox by keyboard, once focus is in the list: j and k go on and back, Enter and x press that candidate's buttons. */
(() => {
  const list = document.querySelector("[data-keys]");
  if (!list) return;
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

  list.addEventListener("keydown", (event) => {
    const article = event.target.closest("article");
    if (!article || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.matches("select, input")) return;
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

/* The practice square keeps count while you type, as the share page does. */
(() => {
  const form = document.getElementById("share"), field = form.elements.text;
  const find = (selector) => form.querySelector(selector);
  const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
  const format = new Intl.NumberFormat(document.documentElement.lang);

  /* What portal/sharing/texts.py composes. */
  function text(own, body) {
    const words = [own, body].filter(Boolean).join("\n\n");
    const opened = window.opened(words, find("[name=disclosure]:checked").dataset.wording, form.dataset);
    return [opened, find("[name=link]").checked ? form.dataset.link : ""].filter(Boolean).join("\n\n");
  }

  function ownShare(own, body) {
    const left = wordsOf(body), all = wordsOf(`${own} ${body}`);
    const mine = all.filter((word) => { const at = left.indexOf(word); if (at >= 0) left.splice(at, 1); return at < 0; });
    return all.length ? mine.length / all.length : 0;
  }

  function update() {
    const chosen = find("[name=caption]:checked"), own = field.value.trim(), hint = find("[data-hint]");
    const body = chosen.value ? chosen.parentElement.querySelector(".body").textContent.trim() : "";
    const count = window.counting.graphemes(text(own, body)), share = ownShare(own, body);
    const limit = Number(form.dataset.limit), isCut = window.counting.graphemes(text(own, "")) > limit;
    find("[data-count-shown]").textContent = format.format(count);
    find("[data-fill]").setAttribute("width", `${Math.min(100, 100 * count / limit)}%`);
    find(".meter").classList.toggle("over", count > limit);
    hint.textContent = hint.dataset[isCut ? "cut" : count > limit ? "over" : share >= 0.6 ? 3 : share >= 0.3 ? 2 : share > 0 ? 1 : 0];
  }

  for (const kind of ["input", "change"]) form.addEventListener(kind, update);
  for (const button of form.querySelectorAll("[data-starter]")) {
    button.addEventListener("click", () => { field.setRangeText(button.dataset.starter, field.selectionStart, field.selectionEnd, "end"); field.focus(); update(); });
  }
  find("[data-starters]").classList.remove("waits");
  update();
})();

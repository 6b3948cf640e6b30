/* The practice square keeps count while you type, as the share page does. */
(() => {
  const form = document.getElementById("share"), limit = Number(form.dataset.limit);
  const find = (selector) => form.querySelector(selector);

  /* What portal/sharing/texts.py composes. */
  function text(own, body) {
    const words = [own, body].filter(Boolean).join("\n\n");
    const opened = window.opened(words, find("[name=disclosure]:checked").dataset.wording, form.dataset);
    return [opened, find("[name=link]").checked ? form.dataset.link : ""].filter(Boolean).join("\n\n");
  }

  function update() {
    const chosen = find("[name=caption]:checked"), own = form.elements.text.value.trim();
    const body = chosen.value ? chosen.parentElement.querySelector(".body").textContent.trim() : "";
    const length = (words) => window.counting.graphemes(text(own, words));
    window.measured(form, { count: length(body), limit, share: window.ownShare(own, body), isCut: length("") > limit });
  }

  for (const kind of ["input", "change"]) form.addEventListener(kind, update);
  window.beginnings(form, update);
  update();
})();

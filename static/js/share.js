/* Keeps the share page honest while you type: preview, length on the chosen network, how much is your own. */
(() => {
  const form = document.getElementById("share");
  const find = (selector) => form.querySelector(selector);
  const field = form.elements.text;
  const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
  const format = new Intl.NumberFormat(document.documentElement.lang);

  /* What portal/sharing/texts.py composes, without the link. */
  function compose() {
    const caption = find("[name=caption]:checked");
    const body = caption && caption.value ? caption.parentElement.querySelector(".body").textContent.trim() : "";
    const own = field.value.trim();
    const words = [own, body].filter(Boolean).join("\n\n");
    return { own, body, words: window.opened(words, find("[name=disclosure]:checked").dataset.wording, form.dataset) };
  }

  function ownShare({ own, body }) {
    const left = wordsOf(body), all = wordsOf(`${own} ${body}`);
    const mine = all.filter((word) => { const at = left.indexOf(word); if (at >= 0) left.splice(at, 1); return at < 0; });
    return all.length ? mine.length / all.length : 0;
  }

  function update() {
    const network = find("[name=network]:checked"), text = compose(), share = ownShare(text);
    const count = window.counting[network.dataset.count](`${text.words}\n\n${form.dataset.link}`);
    const limit = Number(network.dataset.limit), hint = find("[data-hint]");
    const ownWords = text.body ? text.words.slice(0, text.words.lastIndexOf(text.body)).trimEnd() : text.words;
    const isCut = window.counting[network.dataset.count](`${ownWords}\n\n${form.dataset.link}`) > limit;
    find("[data-preview]").textContent = text.words;
    find("[data-wording-shown]").textContent = find("[name=disclosure]:checked").dataset.wording;
    find("[data-count-shown]").textContent = format.format(count);
    find("[data-limited]").hidden = Boolean(network.dataset.roomy);
    find("[data-limit-shown]").textContent = format.format(limit);
    find("[data-fill]").setAttribute("width", `${Math.min(100, 100 * count / limit)}%`);
    find(".meter").classList.toggle("over", count > limit);
    hint.textContent = hint.dataset[isCut ? "cut" : count > limit ? "over" : share >= 0.6 ? 3 : share >= 0.3 ? 2 : share > 0 ? 1 : 0];
    for (const card of form.querySelectorAll(".caption")) {
      card.hidden = !["any", network.value].includes(card.dataset.network) && !card.querySelector(":checked");
    }
  }

  /* A text made for one network gives way to one for the network that is chosen now, if there is one. */
  function fitCaption() {
    const chosen = find("[name=caption]:checked"), network = find("[name=network]:checked").value;
    const fits = (card) => ["any", network].includes(card.dataset.network);
    if (!chosen || !chosen.value || fits(chosen.parentElement)) return;
    const other = [...form.querySelectorAll(".caption:not(.none)")].find(fits);
    if (other) other.querySelector("input").checked = true;
  }

  form.addEventListener("change", (event) => { if (event.target.name === "network") fitCaption(); });
  /* The letter or the choice first, then what follows from it: a slow phone shows it within the time of a touch. */
  let waits = false;
  const soon = () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => setTimeout(() => { waits = false; update(); }));
  };
  for (const kind of ["input", "change"]) form.addEventListener(kind, soon);
  for (const button of form.querySelectorAll("[data-starter]")) {
    button.addEventListener("click", () => { field.setRangeText(button.dataset.starter, field.selectionStart, field.selectionEnd, "end"); field.focus(); update(); });
  }
  find("[data-starters]").classList.remove("waits");
  find("[data-preview-fold]").open = window.matchMedia("(min-width: 761px)").matches;
  window.sharing = { form, compose };
  update();
})();

/* What the pages on which a text is written have in common: how it opens, how much of it is one's own, where to begin. */
(() => {
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];

  /* What portal/campaigns/disclosure.py puts before it. */
  window.opened = (words, wording, { said, labelled }) => {
    const [, label, sentence] = /^(#\S+)?\s*([^]*)$/.exec(wording);
    const written = label ? new RegExp(`^${labelled}`, "i").exec(words) : null;
    const rest = written ? words.slice(written[0].length).trimStart() : words;
    const lower = words.toLowerCase();
    const isSaid = lower.includes(sentence.toLowerCase().replace(/[.!]+$/, "")) || new RegExp(said).test(lower);
    return [written ? written[0] : label, isSaid ? "" : sentence, rest].filter(Boolean).join(" ");
  };

  /* How much is not marketing's, from 0 to 1, as portal/sharing/texts.py weighs it. */
  window.ownShare = (own, body) => {
    const left = wordsOf(body), all = wordsOf(`${own} ${body}`);
    const mine = all.filter((word) => { const at = left.indexOf(word); if (at >= 0) left.splice(at, 1); return at < 0; });
    return all.length ? mine.length / all.length : 0;
  };

  /* templates/sharing/_meter.html: the length, and a line on what that does or on what is one's own. */
  window.measured = (form, { count, limit, share, isCut }) => {
    const find = (selector) => form.querySelector(selector), hint = find("[data-hint]"), isOver = count > limit;
    find("[data-count-shown]").textContent = format.format(count);
    find("[data-limit-shown]").textContent = format.format(limit);
    find("[data-fill]").setAttribute("width", `${Math.min(100, 100 * count / limit)}%`);
    find(".meter").classList.toggle("over", isOver);
    hint.textContent = hint.dataset[isCut ? "cut" : isOver ? "over" : share >= 0.6 ? 3 : share >= 0.3 ? 2 : share > 0 ? 1 : 0];
  };

  /* templates/sharing/_own.html: a tap puts a beginning where one was writing. */
  window.beginnings = (form, update) => {
    const field = form.elements.text;
    for (const button of form.querySelectorAll("[data-starter]")) {
      button.addEventListener("click", () => { field.setRangeText(button.dataset.starter, field.selectionStart, field.selectionEnd, "end"); field.focus(); update(); });
    }
    form.querySelector("[data-starters]").classList.remove("waits");
  };
})();

/* Keeps the share page honest while you type: preview, length on the chosen network, how much is your own. */
(() => {
  const form = document.getElementById("share");
  const find = (selector) => form.querySelector(selector);

  /* What portal/sharing/texts.py composes, without the link. */
  function compose() {
    const caption = find("[name=caption]:checked");
    const body = caption && caption.value ? caption.parentElement.querySelector(".body").textContent.trim() : "";
    const own = form.elements.text.value.trim();
    const words = [own, body].filter(Boolean).join("\n\n");
    return { own, body, words: window.opened(words, find("[name=disclosure]:checked").dataset.wording, form.dataset) };
  }

  /* The words as Bluesky shows them: links, hashtags and mentions stand out. It counts in bytes, and so where they are. */
  function marked(words) {
    const bytes = new TextEncoder().encode(words), decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const cut = (first, last) => decoder.decode(bytes.slice(first, last)), parts = [];
    let at = 0;
    for (const { start, end } of window.counting.facets(words)) {
      const found = document.createElement("span");
      found.className = "found";
      found.textContent = cut(start, end);
      parts.push(cut(at, start), found);
      at = end;
    }
    return [...parts, cut(at)];
  }

  function update() {
    const network = find("[name=network]:checked"), text = compose(), limit = Number(network.dataset.limit);
    const length = (words) => window.counting[network.dataset.count](`${words}\n\n${form.dataset.link}`);
    const ownWords = text.body ? text.words.slice(0, text.words.lastIndexOf(text.body)).trimEnd() : text.words;
    find("[data-preview]").replaceChildren(...(network.value === "bluesky" ? marked(text.words) : [text.words]));
    find("[data-wording-shown]").textContent = find("[name=disclosure]:checked").dataset.wording;
    find("[data-limited]").hidden = Boolean(network.dataset.roomy);
    window.measured(form, { count: length(text.words), limit, share: window.ownShare(text.own, text.body), isCut: length(ownWords) > limit });
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
  window.beginnings(form, update);
  find("[data-preview-fold]").open = window.matchMedia("(min-width: 761px)").matches;
  window.sharing = { form, compose };
  update();
})();

/* The phone's own share sheet, where there is one. Its tap may not wait for anything, so link and picture come before it. */
(() => {
  const { form, compose } = window.sharing;
  const tile = form.querySelector("[data-sheet]");
  if (!navigator.share || !tile) return;
  tile.hidden = false;
  const choice = tile.querySelector("input"), go = form.querySelector(".go"), says = form.querySelector("[data-says]");
  const json = { method: "POST", headers: { Accept: "application/json" } };
  let link = "", files = [], coming;

  /* With a picture the link stands inside the text: targets drop one of the two otherwise. */
  const data = (words) => (files.length ? { text: `${words}\n\n${link}`, files } : { text: words, url: link });

  async function picture() {
    const shown = form.querySelector(".mini img");
    if (!shown || !navigator.canShare) return;
    const body = await (await fetch(shown.src)).blob();
    files = [new File([body], "picture.jpg", { type: body.type || "image/jpeg" })];
    if (!navigator.canShare(data("…"))) files = [];
  }

  async function prepare() {
    go.disabled = true;
    try {
      const answer = await fetch(form.action.replace(/shares$/, "links"), json);
      if (answer.ok) link = (await answer.json()).link;
      if (link) await picture();
    } finally { go.disabled = false; }
  }

  function ready() { if (!link && !coming) coming = prepare().catch(() => {}).finally(() => { coming = null; }); }
  tile.addEventListener("pointerdown", ready);
  choice.addEventListener("change", ready);

  function kept(answer) {
    if (!answer.ok || answer.redirected) throw answer;
    return answer.json().then(({ page }) => window.location.assign(page));
  }

  form.addEventListener("submit", (event) => {
    if (!choice.checked || !link || event.submitter?.hasAttribute("formaction") || event.submitter?.name === "through") return;
    event.preventDefault();
    const { words } = compose();
    // First, while nothing is in front of this page: some apps keep the picture alone, and then it is pasted.
    if (navigator.clipboard) navigator.clipboard.writeText(`${words}\n\n${link}`).catch(() => {});
    navigator.share(data(words)).then(
      () => fetch(form.action, { ...json, body: new FormData(form), keepalive: true }).then(kept).catch(() => form.submit()),
      (error) => {
        says.textContent = error.name === "AbortError" ? form.dataset.stopped : form.dataset.refused;
        files = [];  // whatever was wrong with it, the next try goes without
      },
    );
  });
})();

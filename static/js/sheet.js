/* The phone's own share sheet, where there is one. Its tap may not wait for anything, so link and picture come before it. */
(() => {
  const { form, compose } = window.sharing;
  const tile = form.querySelector("[data-sheet]");
  if (!navigator.share || !tile) return;
  tile.hidden = false;
  const choice = tile.querySelector("input"), go = form.querySelector(".go");
  let link = "", files = [];

  async function prepare() {
    go.disabled = true;
    try {
      const answer = await fetch(form.action.replace(/shares$/, "links"), { method: "POST", headers: { Accept: "application/json" } });
      link = (await answer.json()).link;
      const picture = form.querySelector(".mini img");
      if (picture) {
        const file = new File([await (await fetch(picture.src)).blob()], "picture.jpg", { type: "image/jpeg" });
        if (navigator.canShare && navigator.canShare({ files: [file] })) files = [file];
      }
    } finally { go.disabled = false; }
  }

  choice.addEventListener("change", () => { if (!link) prepare().catch(() => {}); });

  form.addEventListener("submit", (event) => {
    if (!choice.checked || !link) return;
    event.preventDefault();
    // With a picture the link stands inside the text: targets drop one of the two otherwise.
    const { words } = compose();
    navigator.share(files.length ? { text: `${words}\n\n${link}`, files } : { text: words, url: link })
      .then(() => fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }))
      .then((answer) => answer.json())
      .then((kept) => window.location.assign(kept.page))
      .catch((error) => { if (error.name !== "AbortError") form.querySelector("[data-says]").textContent = form.dataset.lost; });
  });
})();

// The captions editor says how long a text is on its network, its link included; counting itself is in count.js.
(() => {
  // What portal/sharing/networks says of each network; tests/sharing binds the two.
  const networks = {
    "linkedin": ["utf16", 3000],
    "x": ["x", 280],
    "facebook": ["plain", 63206],
    "bluesky": ["graphemes", 300],
    "mastodon": ["mastodon", 500],
    "threads": ["threads", 500],
  };
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const link = `\n\n${window.location.origin}/r/abcdefgh`;

  function update(text) {
    const shown = text.closest(".caption").querySelector("[data-caption-count]");
    const [counting, limit] = networks[text.dataset.countNetwork] || ["plain", 0];
    const count = window.counting[counting](text.value.trim() + link);
    const words = limit ? shown.dataset.limited : shown.dataset.free;
    shown.textContent = words.replace("{count}", format.format(count)).replace("{limit}", format.format(limit));
    shown.classList.toggle("over", Boolean(limit) && count > limit);
    shown.hidden = !text.value.trim();
  }

  document.addEventListener("input", (event) => { if (event.target.dataset.countNetwork) update(event.target); });
  document.querySelectorAll("[data-count-network]").forEach(update);
})();

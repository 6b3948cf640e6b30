// The captions editor says how long a text is on its network, and how it looks with a sharer's names, the sentence it
// opens with and its link. Counting itself is in count.js, the opening in writing.js.
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
  const form = document.getElementById("item-form");
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const { firstName, department } = form.dataset;
  const names = { "{first_name}": firstName, "{voornaam}": firstName, "{department}": department, "{afdeling}": department };

  function strength() {
    const choice = form.querySelector("[data-kinds]:has([name=disclosure])");
    const kind = form.querySelector("[name=kind]:checked");
    const advertises = kind && choice.dataset.kinds.split(" ").includes(kind.value);
    return advertises && form.elements.disclosure.value === "advertising" ? "openingAdvertising" : "openingUsual";
  }

  function update(text) {
    const body = text.value.trim().replace(/\{+ *[\p{L}_][\p{L}\p{N}_ .-]{0,38}\}+/gu, (written) => names[written] || written);
    const words = window.opened(body, text.closest(".captions-part").dataset[strength()], form.dataset);
    const look = text.closest(".caption").querySelector(".look");
    const count = look.querySelector("[data-caption-count]");
    const [counting, limit] = networks[text.dataset.countNetwork] || ["plain", 0];
    const length = window.counting[counting](`${words}\n\n${form.dataset.link}`);
    const options = [...look.parentElement.querySelector("[data-caption-network]").options];
    /* A caption for every network is measured on each that the item is offered on. */
    const chosen = [...form.querySelectorAll("[name=fits]:checked")].map((each) => each.value);
    const meant = limit ? [text.dataset.countNetwork] : Object.keys(networks).filter((key) => !chosen.length || chosen.includes(key));
    const over = meant.filter((key) => window.counting[networks[key][0]](`${words}\n\n${form.dataset.link}`) > networks[key][1]);
    const isOver = over.length > 0;
    const network = options.filter((each) => over.includes(each.value)).map((each) => each.text).join(", ");
    const says = [limit ? count.dataset.limited : count.dataset.free, isOver ? count.dataset.over : ""];
    count.textContent = says.filter(Boolean).join(", ")
      .replace("{count}", format.format(length)).replace("{limit}", format.format(limit)).replace("{network}", network);
    count.classList.toggle("over", isOver);
    look.querySelector("[data-caption-look]").textContent = `${words}\n\n${form.dataset.link}`;
    look.hidden = !body;
  }

  const all = () => form.querySelectorAll("[data-count-network]").forEach(update);
  form.addEventListener("input", (event) => { if (event.target.dataset.countNetwork) update(event.target); });
  form.addEventListener("change", (event) => { if (["kind", "disclosure", "fits"].includes(event.target.name)) all(); });
  all();
})();

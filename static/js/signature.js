/* Copies the signature as mail programs paste it, and gives its preview the height it needs. */
(() => {
  const content = document.getElementById("content");
  const text = (id) => document.getElementById(id).value;

  const fit = () => {
    const frame = content.querySelector(".signature-frame");
    const inside = frame && frame.contentDocument;
    if (inside && inside.body) frame.height = inside.body.offsetHeight + 4;
  };

  // Within the tap itself and without https. The newer way comes second: browsers then check the HTML against this
  // page's policy and report every style in it.
  const copied = (kinds) => {
    let taken = false;
    const fill = (event) => {
      for (const [type, body] of Object.entries(kinds)) event.clipboardData.setData(type, body);
      event.preventDefault();
      taken = true;
    };
    document.addEventListener("copy", fill);
    window.getSelection().selectAllChildren(document.getElementById("signature-shown-title"));
    document.execCommand("copy");
    window.getSelection().removeAllRanges();
    document.removeEventListener("copy", fill);
    return taken;
  };

  const copy = async (kinds) => {
    if (copied(kinds)) return true;
    const blobs = Object.entries(kinds).map(([type, body]) => [type, new Blob([body], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    return true;
  };

  content.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-signature]");
    if (!button) return;
    const one = button.dataset.copySignature;
    const plain = { "text/plain": text(one || "signature-plain") };
    const label = button.querySelector("span"), before = label.textContent;
    const told = await copy(one ? plain : { "text/html": text("signature-source"), ...plain }).then(
      () => button.dataset.copied, () => button.dataset.refused);
    if (before === told) return;
    label.textContent = told;
    window.setTimeout(() => { label.textContent = before; }, 3500);
  });

  const prepare = () => content.querySelectorAll("[data-copy-signature]").forEach((button) => { button.hidden = false; });
  new MutationObserver(prepare).observe(content, { childList: true, subtree: true });
  content.addEventListener("load", fit, true);
  window.addEventListener("resize", fit);
  prepare();
  fit();
})();

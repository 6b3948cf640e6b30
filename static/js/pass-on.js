/* One tap: copies the text and opens the network. Without this file the same form leads to a page with both. */
(() => {
  const { form, compose } = window.sharing;
  const says = form.querySelector("[data-says]");

  async function send() {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw answer;
    return answer.json();
  }

  /* What the portal refuses it explains on a page, with all that was typed: sent as a plain form, that page comes. */
  function failed(answer) {
    if ([404, 410, 422].includes(answer.status)) return form.submit();
    says.textContent = form.dataset.lost;
    says.classList.add("lost");
  }

  /* Browsers only let a tap open a window, and only a page in front copy: both happen before anything is awaited.
     Where the text must be pasted, the network gets the link by its address, so the words alone are copied. */
  function open(network) {
    const words = compose().words;
    if (!network.dataset.takesText && navigator.clipboard) {
      navigator.clipboard.writeText(form.dataset.known ? `${words}\n\n${form.dataset.link}` : words).catch(() => {});
    }
    const tab = network.value === "email" ? null : window.open("", "_blank");
    if (tab) { tab.opener = null; tab.document.title = tab.document.body.textContent = form.dataset.waiting; }
    send().then((kept) => {
      if (tab) tab.location.replace(kept.open);
      else if (network.value === "email") window.location.href = kept.open;
      window.setTimeout(() => window.location.assign(kept.page), network.value === "email" ? 400 : 0);
    }).catch((answer) => { if (tab) tab.close(); failed(answer); });
  }

  function copy() {
    const kept = send();
    const text = kept.then((answer) => new Blob([answer.text], { type: "text/plain" }));
    const copied = navigator.clipboard && window.ClipboardItem
      ? navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]).catch(() => {})
      : Promise.resolve();
    Promise.all([kept, copied]).then(([answer]) => window.location.assign(answer.page)).catch(failed);
  }

  form.addEventListener("submit", (event) => {
    const network = form.querySelector("[name=network]:checked");
    if (network.value === "sheet") return;
    event.preventDefault();
    if (network.value === "copy") copy();
    else open(network);
  });
})();

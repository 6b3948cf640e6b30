/* One tap: copies the text and opens the network. Without this file the same form leads to a page with both. */
(() => {
  const { form, compose } = window.sharing;
  const says = form.querySelector("[data-says]");
  const isInstalled = ["standalone", "fullscreen"].some((mode) => window.matchMedia(`(display-mode: ${mode})`).matches);

  async function send(submitter) {
    const body = new FormData(form);
    if (submitter && submitter.name) body.set(submitter.name, submitter.value);
    const answer = await fetch(form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw answer;
    return answer.json();
  }

  /* What the portal refuses it explains on a page, with all that was typed: sent as a plain form, that page comes.
     `form.submit()` knows of no button, and which one was pressed says where the text was to go. */
  function explained(submitter) {
    const pressed = document.createElement("input");
    pressed.type = "hidden";
    if (submitter) { pressed.name = submitter.name; pressed.value = submitter.value; }
    form.append(pressed);
    form.submit();
    pressed.remove();  // whoever comes back to this page may press another one
  }

  function failed(answer, submitter) {
    if ([404, 410, 422].includes(answer.status)) return explained(submitter);
    says.textContent = form.dataset.lost;
    says.classList.add("lost");
  }

  /* Whether the whole text with its link is on the clipboard. Safari wants to be asked in the tap, before anything is awaited. */
  function copyWhole(kept) {
    if (!navigator.clipboard || !window.ClipboardItem) return kept.then(() => false);
    const text = kept.then((answer) => new Blob([answer.text], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]).then(() => true, () => false);
  }

  /* Browsers only let a tap open a window, and only a page in front copy: both happen before anything is awaited.
     Where the text must be pasted, the network gets the link by its address, so the words alone are copied. */
  function openBeside(network) {
    const words = compose().words;
    if (!network.dataset.takesText && navigator.clipboard) {
      navigator.clipboard.writeText(form.dataset.known ? `${words}\n\n${form.dataset.link}` : words).catch(() => {});
    }
    const tab = window.open("", "_blank");
    if (tab) { tab.opener = null; tab.document.title = tab.document.body.textContent = form.dataset.waiting; }
    send().then((kept) => {
      if (tab) tab.location.replace(kept.open);
      window.location.assign(kept.page);
    }).catch((answer) => { if (tab) tab.close(); failed(answer); });
  }

  /* Apps, browsers inside apps and the installed portal have no second window: from here to the network and back.
     Whoever comes back finds the page that asks how it went. Without a clipboard that page comes first, to copy by hand. */
  function openHere(network) {
    const kept = send();
    const copied = network.dataset.takesText ? Promise.resolve(true) : copyWhole(kept);
    Promise.all([kept, copied]).then(([{ open, page }, isCopied]) => {
      if (!isCopied) return window.location.assign(page);
      window.history.replaceState(null, "", page);
      const back = () => { if (document.visibilityState === "visible") window.location.reload(); };
      document.addEventListener("visibilitychange", back);
      window.addEventListener("pageshow", (event) => { if (event.persisted) back(); });
      if (network.value === "email") window.setTimeout(back, 400);
      window.location.href = open;
    }).catch(failed);
  }

  function copy(submitter) {
    const kept = send(submitter);
    Promise.all([kept, copyWhole(kept)]).then(([answer]) => window.location.assign(answer.page))
      .catch((answer) => failed(answer, submitter));
  }

  form.addEventListener("submit", (event) => {
    const network = form.querySelector("[name=network]:checked"), isByHand = event.submitter?.name === "through";
    if ((network.value === "sheet" && !isByHand) || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (isByHand || network.value === "copy") copy(event.submitter);
    else if (isInstalled || network.dataset.stays) openHere(network);
    else openBeside(network);
  });
})();

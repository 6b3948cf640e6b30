/* A form that was just sent is not sent again: a double tap would make two of what it makes. */
(() => {
  const sent = new WeakMap();
  const WAIT = 4000;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (Date.now() - (sent.get(form) || -WAIT) < WAIT) event.preventDefault();
    else sent.set(form, Date.now());
  });
  /* Back to this page by the back button: it may be sent anew. */
  addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form").forEach((form) => sent.delete(form)); });
})();

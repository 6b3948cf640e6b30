/* Shows a sentence when something we sent did not arrive or was not accepted: never silence. Of htmx's events it knows
   the names of the second release and of the fourth. */
(() => {
  const place = document.getElementById("notice");
  if (!place) return;

  const sentenceFor = (status) => {
    if (status === 429) return place.dataset.slow;
    if (status === 403) return place.dataset.refused;
    if (status === 404 || status === 410) return place.dataset.gone;
    return place.dataset.lost;
  };

  const show = (status) => {
    const box = document.createElement("div");
    const text = document.createElement("p");
    box.className = "notice bad";
    text.textContent = sentenceFor(status);
    box.append(text);
    place.replaceChildren(box);
  };

  const failed = (event) => {
    const detail = event.detail || {};
    const answer = detail.xhr || (detail.ctx && detail.ctx.response) || {};
    show(answer.status || 0);
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:response:error", "htmx:error"]) {
    document.addEventListener(name, failed);
  }
  const clear = () => place.replaceChildren();
  document.addEventListener("htmx:beforeRequest", clear);
  document.addEventListener("htmx:before:request", clear);
})();

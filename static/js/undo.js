/* The minute in which a recall can be undone: counts down, then takes the button away. */
for (const place of document.querySelectorAll("[data-seconds]")) {
  const until = performance.now() + 1000 * Number(place.dataset.seconds), said = place.querySelector("[data-left]");
  const rhythm = window.setInterval(look, 500);
  function look() {
    const left = Math.ceil((until - performance.now()) / 1000);
    if (left > 0) {
      said.textContent = said.dataset.left.replace("60", left);
    } else {
      window.clearInterval(rhythm);
      place.remove();
    }
  }
  look();
}

// Previews follow what is typed: an input with data-shows="ID" fills that element, which keeps its words for nothing.
document.querySelectorAll("[data-shows]").forEach((input) => {
  const shown = document.getElementById(input.dataset.shows);
  input.addEventListener("input", () => { shown.textContent = input.value.trim() || shown.dataset.empty; });
});
// Where there is room for it, previews and every language that is written are open from the start.
if (window.matchMedia("(min-width: 761px)").matches) {
  document.querySelectorAll(".unfold:has(.feed-preview), .language[data-written]").forEach((part) => { part.open = true; });
}

/* A form that takes seconds says so: its button shows the words in data-waiting until the answer is there. */
(() => {
  const before = new Map();
  document.addEventListener("submit", (event) => {
    const button = event.target.dataset.waiting && event.submitter;
    const words = button && button.querySelector("span");
    if (!words || event.defaultPrevented) return;
    before.set(words, words.textContent);
    words.textContent = event.target.dataset.waiting;
    button.setAttribute("aria-busy", "true");
  });
  /* Back by the back button: as it was. */
  addEventListener("pageshow", () => {
    before.forEach((text, words) => { words.textContent = text; words.parentElement.removeAttribute("aria-busy"); });
    before.clear();
  });
})();

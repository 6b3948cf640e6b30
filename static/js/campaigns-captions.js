// The captions editor: takes a caption out in place, and tells the counter which network a text is for.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove-caption]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest(".caption");
  const editor = row.parentElement;
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  // Without this, whoever works with a keyboard starts at the top of the page again.
  const focus = next ? next.querySelector("textarea") : editor.parentElement.querySelector("button");
  if (focus) focus.focus();
});

document.addEventListener("change", (event) => {
  const choice = event.target.closest("[data-caption-network]");
  if (!choice) return;
  const text = choice.closest(".caption").querySelector("textarea");
  text.dataset.countNetwork = choice.value;
  text.dispatchEvent(new Event("input", { bubbles: true }));
});

// A row that arrived is there to be written in.
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const row of change.addedNodes) {
      if (row.classList && row.classList.contains("caption")) row.querySelector("textarea").focus();
    }
  }
}).observe(document.querySelector(".item-form"), { childList: true, subtree: true });

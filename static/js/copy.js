/* Buttons that copy the text of another element: they appear only where copying works. */
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy), label = button.querySelector("span"), before = label.textContent;
  button.hidden = !source;
  button.addEventListener("click", async () => {
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https browsers keep the clipboard to themselves: select the text, then the old way.
      if (source.select) source.select();
      else window.getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) { button.dispatchEvent(new Event("uncopied", { bubbles: true })); return; }
    }
    label.textContent = button.dataset.copied;
    window.setTimeout(() => { label.textContent = before; }, 2500);
  });
}

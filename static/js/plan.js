/* Enter in the fold plans for later: the form's own button, which it would press otherwise, shares at once. */
document.querySelector(".plan")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input")) return;
  event.preventDefault();
  event.currentTarget.querySelector("button[formaction]").click();
});

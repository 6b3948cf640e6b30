// Shows the chosen picture before it is sent, and says at once when it is too large.
document.querySelectorAll("[data-picture]").forEach((input) => {
  const shown = [document.getElementById(input.dataset.picture), ...document.querySelectorAll("[data-picture-shown]")];
  const before = shown.map((picture) => [picture.src, picture.hidden]);
  input.addEventListener("change", () => {
    const file = input.files[0];
    input.setCustomValidity(file && file.size > Number(input.dataset.most) ? input.dataset.tooLarge : "");
    input.reportValidity();
    if (!file) {
      shown.forEach((picture, place) => { [picture.src, picture.hidden] = before[place]; });
      return;
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      shown.forEach((picture) => { picture.src = reader.result; picture.hidden = false; });
    });
    reader.readAsDataURL(file);
  });
});

/* Moves an item by dragging it to a day, or with Shift and an arrow key on it: both fill in and send one form. */
(() => {
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  let held = null;

  const dayOf = (item) => item.closest("[data-day]").dataset.day;
  const fits = (item, day) => day >= item.dataset.first && day <= item.dataset.last && day !== dayOf(item);

  function move(item, day) {
    const form = document.getElementById("calendar-move"), { view, shown } = document.getElementById("calendar").dataset;
    if (form.classList.contains("htmx-request")) return;
    const values = { item: item.dataset.item, version: item.dataset.version, day, view, shown };
    for (const name in values) form.elements.namedItem(name).value = values[name];
    form.requestSubmit();
  }

  function letGo() {
    held = null;
    document.querySelectorAll(".day.closed, .day.below").forEach((day) => day.classList.remove("closed", "below"));
  }

  document.addEventListener("dragstart", (event) => {
    held = event.target.closest && event.target.closest("[data-item]");
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.dataset.item);
    /* A moment later: browsers let go of what changes while a drag begins. */
    setTimeout(() => document.querySelectorAll("[data-day]").forEach((day) => {
      day.classList.toggle("closed", Boolean(held) && !fits(held, day.dataset.day));
    }));
  });
  document.addEventListener("dragover", (event) => {
    const day = held && event.target.closest("[data-day]");
    document.querySelectorAll(".day.below").forEach((other) => other.classList.toggle("below", other === day));
    if (!day || !fits(held, day.dataset.day)) return;
    event.preventDefault();
    day.classList.add("below");
  });
  document.addEventListener("drop", (event) => {
    const item = held, day = item && event.target.closest("[data-day]");
    letGo();
    if (!day) return;
    event.preventDefault();
    move(item, day.dataset.day);
  });
  document.addEventListener("dragend", letGo);

  document.addEventListener("keydown", (event) => {
    const item = event.shiftKey && event.key in STEPS && event.target.closest("[data-item]");
    if (!item) return;
    event.preventDefault();
    /* Noon, in UTC: no clock that is put forward or back comes in between. */
    const day = new Date(`${dayOf(item)}T12:00:00Z`);
    day.setUTCDate(day.getUTCDate() + STEPS[event.key]);
    move(item, day.toISOString().slice(0, 10));
  });

  document.getElementById("calendar-keys").hidden = false;
})();

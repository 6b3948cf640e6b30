/* Offers to put the portal on the phone's start screen, where the phone can and has not done so yet. */
(() => {
  const place = document.getElementById("install");
  if (!place || window.matchMedia("(display-mode: standalone)").matches || navigator.standalone) return;
  const way = (name) => place.querySelector(`[data-way=${name}]`);
  const show = (name) => { place.hidden = way(name).hidden = false; };
  if (navigator.standalone === false) show("by-hand");  // only iPhones and iPads know this word
  let offer = null;
  addEventListener("beforeinstallprompt", (event) => { event.preventDefault(); offer = event; show("by-button"); });
  addEventListener("appinstalled", () => { place.hidden = true; });
  way("by-button").querySelector("button").addEventListener("click", async () => {
    if (!offer) return;
    offer.prompt();
    await offer.userChoice;
    offer = null;
    place.hidden = true;
  });
})();

/* A line on this device while the portal is closed. The browser's question comes after a tap, never before. */
(() => {
  const card = document.getElementById("push"), form = document.getElementById("push-on");
  const key = form.dataset.key;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const show = (state) => card.querySelectorAll("[data-when]").forEach((part) => part.classList.toggle("waits", part.dataset.when !== state));

  const subscribe = async () => {
    if (!(await navigator.serviceWorker.getRegistration())) await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const { pushManager } = await navigator.serviceWorker.ready;
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
    form.elements.endpoint.value = made.endpoint;
    form.elements.key.value = text(made.getKey("p256dh"));
    form.elements.secret.value = text(made.getKey("auth"));
  };

  const look = async () => {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return show(isApple ? "apple" : "unable");
    if (Notification.permission === "denied") return show("denied");
    const own = await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription();
    if (!own) return show("off");
    const mark = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(own.endpoint));
    const hex = Array.from(new Uint8Array(mark), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const line = card.querySelector(`[data-browser="${hex}"]`);
    if (!line) return show("off");  // nobody's, or of whoever was signed in here before
    if (own.options.applicationServerKey && text(own.options.applicationServerKey) !== key) {
      /* Our key is another one now: what was on stays on. */
      await own.unsubscribe();
      await subscribe();
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "instead_of", value: own.endpoint }));
      return form.submit();
    }
    line.querySelector(".here").hidden = false;
    line.querySelector("form").addEventListener("submit", () => { own.unsubscribe(); });
    show("on");
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) === "denied") return show("denied");
      await subscribe();
      form.elements.tapped.value = "yes";
      form.submit();
    } catch {
      show("lost");
    }
  });
  look().catch(() => show("off"));
})();

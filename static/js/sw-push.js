/* Lines that reach a closed portal: shown as they came, and a tap leads to the page they are about. */
addEventListener("push", (event) => {
  let told;
  try { told = event.data.json(); } catch { told = {}; }
  if (!told || typeof told !== "object") told = {};
  const text = (name) => (typeof told[name] === "string" ? told[name] : "");
  event.waitUntil(about().then(({ language }) => self.registration.showNotification(text("title") || NAME, {
    body: text("text") || (text("title") ? "" : NEWS[text("language")] || NEWS[language] || NEWS.en),
    tag: text("tag"),
    lang: text("language"),
    icon: ICON,
    badge: BADGE,
    data: { url: text("url") },
  })));
});

function ours(address) {
  try {
    const url = new URL(address || "/", location.origin);
    return url.origin === location.origin ? url.href : `${location.origin}/`;
  } catch { return `${location.origin}/`; }
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = ours((event.notification.data || {}).url);
  event.waitUntil(self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((open) => {
    const there = open.find((client) => client.url === address);
    return there ? there.focus() : self.clients.openWindow(address);
  }));
});

/* On a device that somebody left nothing is shown any more. The portal learns of it with the next line it sends. */
async function silence() {
  const own = await self.registration.pushManager.getSubscription();
  if (own) await own.unsubscribe();
  for (const shown of await self.registration.getNotifications()) shown.close();
}

/* Push services give browsers another address now and then. By which one this was known says whose it is. */
addEventListener("pushsubscriptionchange", (event) => event.waitUntil((async () => {
  const asBefore = event.oldSubscription && event.oldSubscription.options;
  const fresh = event.newSubscription || (asBefore && (await self.registration.pushManager.subscribe(asBefore)));
  if (!fresh || !event.oldSubscription) return;
  const { endpoint, keys } = fresh.toJSON(), instead_of = event.oldSubscription.endpoint;
  await fetch("/me/push", { method: "POST", body: new URLSearchParams({ endpoint, key: keys.p256dh, secret: keys.auth, instead_of }) });
})()));

/* Keeps what is typed in a form until it has arrived, for a week: a lost connection costs nobody a word. */
(() => {
  const { owner, line, button, texts } = window.portal, page = location.pathname + location.search;
  const WEEK = 7 * 24 * 3600 * 1000, FORMS = "form#share, form[action='/ideas'], form[data-draft]";
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
  const drop = (name) => { try { localStorage.removeItem(name); } catch { /* There is none. */ } };
  function write(name, value) {
    try { localStorage.setItem(name, JSON.stringify(value)); return true; } catch { return false; }  // full: the page has it still
  }
  const named = (kind) => { try { return Object.keys(localStorage).filter((name) => name.startsWith(`${kind}:`)); } catch { return []; } };
  if (!owner || !line) return;
  const forms = [...document.querySelectorAll(FORMS)];

  /* Sent from the page before, answered from where its form leads: it has arrived. */
  const sent = read("sent"), from = document.referrer && new URL(document.referrer);
  const isThere = sent && from && from.pathname + from.search === sent.page && location.pathname.startsWith(sent.action);
  if (isThere && !document.documentElement.dataset.kept && !forms.some((form) => form.getAttribute("action") === sent.action)) drop(sent.name);
  drop("sent");
  addEventListener("pageshow", (event) => { if (event.persisted) drop("sent"); });
  for (const name of named("draft")) if (Date.now() - (read(name) || { at: 0 }).at > WEEK) drop(name);

  const isText = (field) => field.tagName === "TEXTAREA" || ["text", "url", "date", "time", "datetime-local"].includes(field.type);
  const fields = (form) => [...form.elements].filter((field) => field.name && (isText(field) || ["radio", "checkbox"].includes(field.type)));
  const values = (form) => fields(form).filter((field) => isText(field) || field.checked).map((field) => [field.name, field.value]);
  const asSent = (form) => fields(form).filter((field) => isText(field) || field.defaultChecked).map((field) => [field.name, field.defaultValue]);
  const isTyped = (form) => fields(form).some((field) => isText(field) && field.value !== field.defaultValue);
  function fill(form, pairs) {
    const has = (field) => pairs.some(([name, value]) => name === field.name && value === field.value);
    const all = fields(form);
    for (const field of all) {
      if (isText(field)) field.value = (pairs.find(([name]) => name === field.name) || ["", field.value])[1];
      // A choice that is not offered any more leaves the one of today.
      else if (field.type === "checkbox" || all.some((other) => other.name === field.name && has(other))) field.checked = has(field);
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  for (const form of forms) {
    const action = form.getAttribute("action"), name = `draft:${action}${location.search}`, draft = read(name), today = asSent(form);
    const keep = () => (isTyped(form) ? write(name, { owner, at: Date.now(), values: values(form) }) : drop(name));
    if (draft && draft.owner === owner && !isTyped(form) && JSON.stringify(draft.values) !== JSON.stringify(today)) {
      fill(form, draft.values);
      const box = line(texts.kept, "info");
      button(box, texts.afresh, () => { fill(form, today); drop(name); box.remove(); });
    }
    for (const kind of ["input", "change"]) form.addEventListener(kind, keep);
    form.addEventListener("click", () => setTimeout(keep));  // a tap puts in the beginning of a sentence
    form.addEventListener("submit", () => { keep(); write("sent", { name, action, page }); }, { capture: true });
  }
  Object.assign(window.portal, { drafts: { read, write, drop, named, values, fill } });
})();

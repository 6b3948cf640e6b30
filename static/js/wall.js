// Keeps a display going with nobody near: turns the slides, looks for news, survives the server being away.
// Plain enough for players from 2019; older ones turn the page by loading it again.
"use strict";
(() => {
  const data = document.body.dataset, base = data.base;
  const able = window.fetch && window.EventSource && window.AbortController && Element.prototype.append;
  if (!able) {
    setTimeout(() => { location.href = data.following || base; }, 1000 * (data.seconds || 20));
    return;
  }
  const began = Date.now(), spread = (least, most) => least + Math.random() * (most - least);
  let etag = "", fresh = Date.now(), offset = 0, moving = false;

  // Never leave a page that works for one that may not load: look first, then go.
  const goTo = (path) => {
    if (moving) return;
    moving = true;
    fetch(path, { cache: "no-store", credentials: "same-origin" })
      .then((answer) => { if (answer.ok) location.replace(path); else throw answer; })
      .catch(() => { setTimeout(() => { moving = false; goTo(path); }, spread(3000, 8000)); });
  };
  const reload = () => { if (Date.now() - began > 30000) goTo(base); };

  const look = () => {
    const patience = new AbortController(), timer = setTimeout(() => patience.abort(), 10000);
    const headers = etag ? { "If-None-Match": etag } : {};
    return fetch(base + "/slides", { headers, cache: "no-store", credentials: "same-origin", signal: patience.signal })
      .then((answer) => {
        if (answer.status !== 304 && !answer.ok) throw answer;
        const ahead = Date.parse(answer.headers.get("Date") || "") - Date.now();
        offset = Math.abs(ahead) > 60000 ? ahead : 0;
        fresh = Date.now();
        if (answer.status === 304) return;
        etag = answer.headers.get("ETag") || "";
        return answer.json().then((told) => {
          if (told.state !== data.state) goTo(base);
          else if (told.release !== data.release) reload();
          else if (told.state === "wall") take(told);
        });
      })
      .catch(() => {})
      .then(() => clearTimeout(timer));
  };

  if (data.state !== "wall") {
    const pause = data.state === "waiting" ? 2500 : 15000;
    const again = () => look().then(() => setTimeout(again, spread(pause, pause + 1000)));
    setTimeout(again, pause);
    setTimeout(() => goTo(data.state === "waiting" ? base : data.start), 1000 * data.lasts);
    return;
  }

  // Turning the slides
  const layers = document.querySelectorAll(".layer"), progress = document.querySelector(".progress");
  let slides = [], shown = "", front = 0, turn = 0, note = -1, fading = false, change = 0;
  const now = () => Date.now() + offset;
  const lasting = () => slides.filter((slide) => !slide.ends || slide.ends * 1000 > now());

  /* What was taken back must not linger: `cut` ends any fade and leaves nothing of it behind. */
  const show = (slide, cut) => {
    if (fading && !cut) { setTimeout(() => { if (slides.some((each) => each.key === slide.key)) show(slide); }, 500); return; }
    const mine = ++change;
    fading = true;
    shown = slide.key;
    const above = layers[1 - front], below = layers[front];
    above.innerHTML = slide.html;
    const picture = above.querySelector("img");
    const ready = picture ? Promise.race([picture.decode(), new Promise((_, no) => setTimeout(no, cut ? 700 : 8000))]) : Promise.resolve();
    ready.catch(() => above.firstElementChild.classList.add("bare")).then(() => {
      if (mine !== change) return;
      above.classList.add("on", "above");
      below.classList.remove("above");
      front = 1 - front;
      const leave = () => { if (mine === change) { below.classList.remove("on"); below.textContent = ""; fading = false; } };
      if (cut) leave(); else setTimeout(leave, 1600);
    });
  };
  const next = (wanted, cut) => {
    const left = lasting(), place = left.findIndex((slide) => slide.key === shown);
    const slide = wanted || left[(place + 1) % left.length];
    clearTimeout(turn);
    turn = setTimeout(() => next(), 1000 * data.seconds);
    progress.classList.remove("go");
    void progress.offsetWidth;
    progress.classList.add("go");
    turnNote(note + 1);
    if (slide && slide.key !== shown) show(slide, cut);
  };
  const turnNote = (number) => {
    const notes = document.querySelectorAll("#side .note");
    note = notes.length ? number % notes.length : 0;
    notes.forEach((each, place) => each.classList.toggle("on", place === note));
  };

  let side = "";
  const take = (told) => {
    const known = slides.map((slide) => slide.key), first = !known.length;
    slides = told.slides;
    if (told.side !== side) {
      side = told.side;
      document.getElementById("side").outerHTML = side;
      turnNote(first ? note : 0);
    }
    if (first) {
      shown = slides[0].key;
      if (!document.getElementById("slide-" + shown.replace(/\./g, "-"))) show(slides[0]);
      return;
    }
    const added = slides.find((slide) => known.indexOf(slide.key) < 0);
    if (added) next(added);
    else if (!slides.some((slide) => slide.key === shown)) next(null, true);
  };

  // Hearing at once: a stream that says when to look. It may die in many ways; each ends in a new one.
  let source = null, heard = 0, tries = 0, waiting = 0, last = "";
  const listenIn = (wait) => {
    if (source) source.close();
    source = null;
    clearTimeout(waiting);
    waiting = setTimeout(listen, wait);
  };
  const listen = () => {
    heard = Date.now();
    source = new EventSource(base + "/events" + (last ? "?after=" + last : ""));
    source.onopen = look;
    source.onerror = () => {
      if (source && source.readyState === 2) listenIn(Math.min(60000, 1000 * Math.pow(2, tries++)) * spread(0.5, 1.5));
    };
    source.addEventListener("beat", (event) => {
      heard = Date.now();
      tries = 0;
      if (JSON.parse(event.data).release !== data.release) reload();
    });
    source.addEventListener("changed", (event) => { last = event.lastEventId; heard = Date.now(); look(); });
    source.addEventListener("revoked", look);
    source.addEventListener("bye", () => listenIn(spread(1000, 10000)));
  };

  // The clock, in the house's zone whatever the player believes, and what to say when the server is away
  const clock = document.querySelector(".clock time"), asOf = document.querySelector(".as-of");
  const format = new Intl.DateTimeFormat("nl-NL", { hour: "2-digit", minute: "2-digit", timeZone: data.zone });
  const tick = () => {
    const away = Date.now() - fresh, time = format.format(now());
    if (clock.textContent !== time) clock.textContent = time;
    asOf.hidden = away < 60000;
    asOf.querySelector(".since").textContent = format.format(fresh + offset);
    document.body.classList.toggle("stale", away > 15 * 60000);
    if (heard && Date.now() - heard > 47000) listenIn(spread(0, 3000));
    if (heard && !source) heard = Date.now();
    if (Date.now() - began > 20 * 3600000 && time.slice(0, 2) === "03") reload();
  };

  const keepLooking = () => look().then(() => setTimeout(keepLooking, spread(13000, 16000)));
  keepLooking();
  listen();
  next();
  tick();
  setInterval(tick, 1000);
  setInterval(() => { fetch(base + "/seen", { cache: "no-store" }).catch(() => {}); }, 60000);
})();

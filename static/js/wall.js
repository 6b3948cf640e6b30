// Keeps a display going with nobody near: hears what is new, looks for itself when it hears nothing, says how it is.
// Plain enough for players from 2019; older ones are turned by wall-plain.js.
"use strict";
window.wall = window.wall || {};
(() => {
  const data = document.body.dataset, base = data.base, mono = () => performance.now();
  const able = window.fetch && window.EventSource && window.AbortController && window.URLSearchParams &&
    Element.prototype.append && HTMLImageElement.prototype.decode && Intl.DateTimeFormat.prototype.formatToParts;
  if (!able) return;
  const spread = (least, most) => least + Math.random() * (most - least);
  const clock = window.wall.clock(1000 * data.now);
  let etag = "", fresh = mono(), looked = 0, failed = 0, moving = false, slides = null, told = 0;

  // Never leave a page that works for one that may not load: look first, then go.
  const goTo = (path, go) => {
    if (moving) return;
    moving = true;
    const patience = new AbortController(), timer = setTimeout(() => patience.abort(), 15000);
    fetch(path, { cache: "no-store", credentials: "same-origin", signal: patience.signal })
      .then((answer) => { if (answer.ok) return answer.text(); throw answer; })
      // A page of somebody else, such as a network's sign-in, may say 200 as well.
      .then((text) => { if (text.indexOf('data-state="') < 0) throw text; clearTimeout(timer); if (go) go(); else location.replace(path); })
      .catch(() => { setTimeout(() => { moving = false; goTo(path, go); }, spread(3000, 8000)); });
  };
  // Thousands of walls hear of it in the same second. And who just came for that reason stays for ten minutes: two
  // servers in the middle of an upgrade must not have it go back and forth. Noted where also players that keep nothing
  // find it after a reload.
  let going = 0;
  const reload = () => {
    if (going || mono() < (history.state && history.state.wentOn ? 600000 : 30000)) return;
    const goOn = () => { history.replaceState({ wentOn: true }, ""); location.reload(); };
    going = setTimeout(() => goTo(base, goOn), spread(0, 20000));
  };
  const alive = () => { fresh = mono(); failed = 0; };

  // Of two servers one may be a moment behind the other: what was taken back must not come back with its answer.
  // What nobody contradicts for a minute is true all the same, as after a copy of the database was put back.
  let position = 0, behind = 0, doubts = 0, asking = 0;
  const isBehind = (news) => {
    const is = news.position < position && (!behind || mono() - behind < 60000);
    if (is) {
      behind = behind || mono();
      clearTimeout(asking);
      asking = setTimeout(look, spread(0.3, 1.2) * Math.min(1000 * Math.pow(2, doubts++), 16000));
    } else behind = doubts = 0;
    return is;
  };

  // What polling brings and what the stream tells are the same. Whether it was news.
  const take = (news) => {
    alive();
    if (isBehind(news)) return false;
    position = news.position || 0;
    const moved = news.screen && news.screen.language !== document.documentElement.lang;
    if (news.state !== data.state || moved) goTo(base);
    else if (news.release !== data.release) reload();
    if (news.state === "wall" && slides) {
      become(news.screen);
      slides.take(news);
      tick();
      window.wall.goes = true; // and not before: a wall that hears nothing is turned page by page
    }
    return true;
  };
  const look = () => {
    // After a failure most looks are impatient: a network that came back must not wait for one that hangs.
    const patience = new AbortController(), timer = setTimeout(() => patience.abort(), failed % 4 ? 3500 : 10000);
    const headers = etag ? { "If-None-Match": etag } : {}, away = failed > 0, before = told;
    looked = mono();
    return fetch(base + "/slides", { headers, cache: "no-store", credentials: "same-origin", signal: patience.signal })
      .then((answer) => {
        if (answer.status !== 304 && !answer.ok) throw answer;
        const date = answer.headers.get("Date"), tag = answer.headers.get("ETag") || "", came = mono();
        if (answer.status === 304) { clock.correct(date, came); alive(); behind = doubts = 0; return null; }
        return answer.json().then((news) => {
          if (!news.release) throw news; // it is not ours, nor is its date
          clock.correct(date, came);
          // What the stream told meanwhile is newer.
          if (told === before && take(news)) etag = tag;
        });
      })
      .then(() => { if (away && slides && !data.preview) listenIn(spread(0, 2000)); })
      .catch(() => { failed++; })
      .then(() => clearTimeout(timer));
  };

  if (data.state !== "wall") {
    const pause = data.state === "waiting" ? 2500 : 15000;
    const again = () => look().then(() => setTimeout(again, spread(pause, pause + 1000)));
    setTimeout(again, pause);
    setTimeout(() => goTo(data.state === "waiting" ? base : data.start), 1000 * data.lasts);
    window.wall.goes = true;
    return;
  }

  // Hearing at once, by a stream. It may die in many ways; each ends in a new one, after a wait that grows.
  let source = null, heard = 0, tries = 0, waiting = 0;
  const listenIn = (wait) => {
    if (source) source.close();
    source = null;
    heard = mono();
    clearTimeout(waiting);
    waiting = setTimeout(listen, wait);
  };
  const listen = () => {
    const mine = source = new EventSource(base + "/events");
    heard = mono();
    const on = (kind, act) => mine.addEventListener(kind, (event) => {
      if (mine !== source) return;
      heard = mono();
      act(event);
    });
    // Where looking works and only streams do not, there is no hurry; otherwise be back soon after the network is.
    mine.onerror = () => { if (mine === source) listenIn(Math.min(failed ? 5000 : 60000, 1000 * Math.pow(2, tries++)) * spread(0.5, 1.5)); };
    on("state", (event) => {
      const news = JSON.parse(event.data);
      tries = 0;
      told++;
      if (take(news)) etag = '"' + news.tag + '"'; // or an older one polled before would be taken for what is shown
    });
    on("beat", (event) => {
      tries = 0;
      alive();
      if (JSON.parse(event.data).release !== data.release) reload();
    });
    on("revoked", look);
    on("bye", () => listenIn(spread(1000, 9000)));
  };
  const keepLooking = () => {
    const hears = source && tries === 0 && mono() - heard < 20000;
    const work = hears && mono() - looked < 50000 ? Promise.resolve() : look();
    work.then(() => setTimeout(keepLooking, failed ? spread(0.6, 1.2) * Math.min(1500 * failed, 6000) : spread(13000, 16000)));
  };

  // How it is, once a minute: what it shows, and what it has played since a report was last acknowledged.
  const page = Math.random().toString(36).slice(2, 12);
  let counted = {}, sealed = null, number = 0;
  const played = (subject, seconds) => {
    if (!subject || (!counted[subject] && Object.keys(counted).length >= 100)) return;
    const sum = counted[subject] || (counted[subject] = [0, 0]);
    sum[0]++;
    sum[1] += seconds;
  };
  const report = () => {
    if (!sealed) {
      sealed = { n: page + "." + ++number, plays: JSON.stringify(Object.keys(counted).map((key) => [key].concat(counted[key]))) };
      counted = {};
    }
    const size = (length) => Math.round(length * (window.devicePixelRatio || 1));
    const body = new URLSearchParams();
    body.set("showing", slides.showing());
    body.set("width", size(window.innerWidth));
    body.set("height", size(window.innerHeight));
    body.set("release", data.release);
    body.set("n", sealed.n);
    body.set("at", Math.floor(Date.now() / 1000)); // what the player itself believes, to be told when that is wrong
    body.set("plays", sealed.plays);
    const patience = new AbortController(), timer = setTimeout(() => patience.abort(), 20000);
    // The same report under the same number until it is acknowledged, or refused for good.
    fetch(base + "/seen", { method: "POST", body, cache: "no-store", credentials: "same-origin", signal: patience.signal })
      .then((answer) => { if (answer.status < 500 && answer.status !== 429) sealed = null; })
      .catch(() => {})
      .then(() => { clearTimeout(timer); setTimeout(report, spread(55000, 65000)); });
  };

  // The clock, and what to say when the server is away
  const time = document.querySelector(".clock time"), asOf = document.querySelector(".as-of");
  const classes = document.body.classList, nightly = Math.floor(Math.random() * 50);
  let minute = -1, screen = {};
  const become = (one) => {
    screen = one;
    clock.live(screen.zone);
    data.orientation = screen.orientation;
    classes.toggle("still", screen.still);
    minute = -1;
  };
  const tick = () => {
    const away = mono() - fresh, here = clock.here();
    if (time.textContent !== here.text) time.textContent = here.text;
    asOf.hidden = away < 60000;
    if (!asOf.hidden) asOf.querySelector(".since").textContent = clock.at(clock.now() - away).text;
    classes.toggle("stale", away > 15 * 60000);
    if (minute !== here.minute) {
      minute = here.minute;
      classes.toggle("night", clock.isNight(screen.night_from, screen.night_until));
      for (let step = 0; step < 4; step++) classes.toggle("shift-" + step, step === Math.floor(minute / 8) % 4);
    }
    if (heard && mono() - heard > 47000) listenIn(spread(0, 3000));
    if (mono() > 3 * 3600000 && minute >= 180 + nightly && minute < 240) reload();
    slides.tick();
  };

  const hour = (text) => (text ? Number(text) : null);
  slides = window.wall.slides(clock, data, played);
  become({
    zone: data.zone, orientation: data.orientation, still: data.still === "yes",
    night_from: hour(data.nightFrom), night_until: hour(data.nightUntil)
  });
  window.addEventListener("online", () => { if (failed) look(); });
  keepLooking();
  tick();
  setInterval(tick, 1000);
  if (!data.preview) {
    listen();
    setTimeout(report, spread(4000, 8000));
  }
})();

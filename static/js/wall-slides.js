// Turns the slides of a wall: each as often as it weighs and only when it is due; the next is complete before it shows.
"use strict";
window.wall = window.wall || {};
window.wall.slides = (clock, data, played) => {
  const FADE = 1600, LIVE = ["board", "goal", "thanks"], QUIET = LIVE.concat("clock", "on_duty");
  const layers = document.querySelectorAll(".layer"), progress = document.querySelector(".progress");
  const mono = () => performance.now(), stale = () => document.body.classList.contains("stale");
  const still = () => document.body.classList.contains("still");
  let slides = [], fallback = null, shown = null, since = 0, turnAt = 0, front = 0, change = 0, fadesUntil = 0, ready = null, note = 0;
  let held = {}, weighed = {}, broken = {}, fetched = {}, side = null, newsAt = -1e9;

  // Slides keep their element, and with it their loaded pictures, for as long as they are on the wall.
  const element = (slide) => {
    const kept = held[slide.key];
    if (kept && kept.html === slide.html) return kept.found;
    const box = document.createElement("div");
    box.innerHTML = slide.html;
    const found = box.firstElementChild;
    box.removeChild(found);
    const film = found.querySelector("video");
    if (film) {
      film.muted = true;
      film.autoplay = false;
      film.loop = false;
      film.preload = "auto";
      found.addEventListener("error", (event) => { if (!event.target.matches("img")) fail(slide); }, true);
      film.addEventListener("ended", () => { if (shown && shown.key === slide.key) next(); });
    }
    held[slide.key] = { html: slide.html, found };
    return found;
  };
  // Figures of the clock that stand on a slide: what time it is, and how long something lasts.
  const show = (found) => {
    Array.prototype.forEach.call(found.querySelectorAll("[data-clock]"), (each) => write(each, clock.here().text));
    Array.prototype.forEach.call(found.querySelectorAll("[data-ends]"), (each) => {
      const hours = Math.max(0, Math.floor((each.dataset.ends * 1000 - clock.now()) / 3600000));
      const left = { days: Math.floor(hours / 24), hours: hours % 24 };
      Array.prototype.forEach.call(each.querySelectorAll("[data-left]"), (figure) => {
        const number = left[figure.dataset.left], unit = figure.nextElementSibling;
        write(figure, String(number));
        if (unit) write(unit, number === 1 ? unit.dataset.one : unit.dataset.many);
        if (figure.dataset.left === "days") figure.parentNode.hidden = !number;
      });
    });
  };
  const write = (where, text) => { if (where.textContent !== text) where.textContent = text; };

  // A picture that does not come leaves the paper scene; it is asked for again in the next round.
  const loaded = (image, found, within) => {
    const late = new Promise((_, no) => setTimeout(no, within));
    return Promise.race([image.decode(), late]).then(() => true, () => {
      const scan = image.closest(".scan");
      if (scan) scan.hidden = true;
      else found.classList.add("bare");
      return false;
    });
  };
  const prepare = (slide, within) => {
    const found = element(slide), film = found.querySelector("video");
    const waits = Array.prototype.map.call(found.querySelectorAll("img"), (image) => loaded(image, found, within));
    if (film && film.readyState < 2) {
      waits.push(new Promise((go) => {
        film.addEventListener("loadeddata", () => go(true), { once: true });
        setTimeout(() => go(true), within);
      }));
    }
    return Promise.all(waits).then((came) => {
      if (came.indexOf(false) >= 0) delete held[slide.key];
      return found;
    });
  };
  const release = (slide, found) => {
    const film = found && found.querySelector("video");
    if (!film) return;
    film.pause(); // and gives its decoder back: cheap players have one
    film.textContent = "";
    film.removeAttribute("src");
    film.load();
    delete held[slide.key];
  };
  const fail = (slide) => {
    if (has(slides, slide.key)) broken[slide.key] = mono() + 600000;
    if (!shown || shown.key !== slide.key) return;
    since = 0; // it was not seen, and is not counted
    next(null, true);
  };

  const playable = () => {
    const due = slides.filter((slide) =>
      clock.isDue(slide) && !(broken[slide.key] > mono()) && !(stale() && LIVE.indexOf(slide.kind) >= 0));
    const urgent = due.filter((slide) => slide.urgent), own = due.filter((slide) => slide.key !== fallback.key);
    return urgent.length ? urgent : own.length ? own : due;
  };
  const has = (list, key) => list.some((slide) => slide.key === key);

  // Each turn every slide gains its weight; the richest is played and pays for all, so that three times is spread.
  // None comes twice in a row, but for one that weighs more than all others.
  const pay = (slide, left) => {
    left.forEach((each) => { weighed[each.key] = (weighed[each.key] || 0) + (each.weight || 1); });
    weighed[slide.key] = (weighed[slide.key] || 0) - left.reduce((sum, each) => sum + (each.weight || 1), 0);
  };
  const choose = (left) => {
    const weight = (slide) => (weighed[slide.key] || 0) + (slide.weight || 1);
    const total = left.reduce((sum, each) => sum + (each.weight || 1), 0);
    const others = left.filter((each) => !shown || each.key !== shown.key || weight(each) > total);
    const best = (others.length ? others : left).reduce((most, each) => (most && weight(most) >= weight(each) ? most : each), null);
    if (best) pay(best, left);
    return best;
  };

  const lasts = (slide) => 1000 * (slide.seconds || data.seconds);
  const begin = (slide, found) => {
    const film = found.querySelector("video"), mine = change;
    since = mono();
    turnAt = since + lasts(slide);
    document.body.dataset.kind = slide.kind;
    document.body.dataset.alone = slide.alone ? "yes" : "no";
    progress.classList.remove("go");
    void progress.offsetWidth;
    progress.style.animationDuration = lasts(slide) + "ms";
    progress.classList.add("go");
    if (since - newsAt > 10000) turnNote(note + 1);
    if (film) {
      const whole = () => { if (mine === change && film.duration < 7200) turnAt = since + 1000 * film.duration + 5000; };
      film.addEventListener("durationchange", whole, { once: true });
      whole();
      film.currentTime = 0;
      const starting = film.play();
      if (starting) starting.catch(() => { if (mine === change) fail(slide); });
    }
    const left = playable();
    if (!ready && left.length > 1) ready = choose(left);
    if (ready) prepare(ready, 8000);
  };
  const count = () => { if (shown && since) played(shown.subject, Math.round((mono() - since) / 1000)); };

  /* What was taken back must not linger: `cut` ends any fade and leaves nothing of it behind. */
  const turnTo = (slide, cut) => {
    const mine = ++change, before = shown;
    count();
    shown = slide;
    since = 0;
    turnAt = mono() + 30000;
    prepare(slide, cut ? 700 : 8000).then((found) => {
      if (mine !== change) return;
      const wait = cut ? 0 : Math.max(0, fadesUntil - mono());
      setTimeout(() => {
        if (mine !== change) return;
        show(found);
        const above = layers[1 - front], below = layers[front], old = below.firstElementChild;
        above.textContent = "";
        above.appendChild(found);
        above.classList.add("on", "above");
        below.classList.remove("above");
        front = 1 - front;
        const leave = () => {
          if (layers[front] !== above) return;
          below.classList.remove("on");
          below.textContent = "";
          if (before && old !== found) release(before, old);
        };
        fadesUntil = mono() + (cut || still() ? 0 : FADE);
        if (cut || still()) leave(); else setTimeout(leave, FADE);
        begin(slide, found);
      }, wait);
    });
  };
  const next = (wanted, cut) => {
    const left = playable(), coming = ready && left.find((slide) => slide.key === ready.key);
    if (wanted) pay(wanted, left);
    const slide = wanted || coming || choose(left) || fallback;
    if (!wanted || (coming && coming.key === wanted.key)) ready = null;
    if (!shown || slide.key !== shown.key) { turnTo(slide, cut); return; }
    count();
    begin(slide, element(slide));
  };
  const turnNote = (number) => {
    const notes = document.querySelectorAll("#side .note");
    note = notes.length ? number % notes.length : 0;
    notes.forEach((each, place) => each.classList.toggle("on", place === note));
  };
  // Thanks and milestones are news; figures that grow are not.
  const news = () => Array.prototype.map.call(document.querySelectorAll("#side .note:not(.goal)"), (each) => each.textContent);
  const tellSide = (html) => {
    if (html === side) return false;
    const first = side === null, before = news();
    side = html;
    document.getElementById("side").outerHTML = html;
    const is = !first && news().some((each) => before.indexOf(each) < 0);
    if (is || first) newsAt = mono();
    turnNote(is || first ? 0 : note);
    return is;
  };

  // The first slide came with the page.
  const adopt = () => {
    const found = layers[0].firstElementChild, id = found ? found.id : "";
    const slide = slides.find((each) => "slide-" + each.key.replace(/\./g, "-") === id);
    if (!slide || !has(playable(), slide.key) || slide.film) { next(null, true); return; }
    held[slide.key] = { html: slide.html, found };
    shown = slide;
    pay(slide, playable());
    prepare(slide, 8000);
    begin(slide, found);
  };

  // A key is what it is about and then its versions; in a playlist its place and version come first.
  const slot = (slide) => {
    const parts = slide.key.split(".");
    return parts[0].charAt(0) === "s" ? parts[0] + "." + parts.slice(2, parts[2] === "week" ? 4 : 3).join(".") : parts[0];
  };
  // Figures move while they are looked at: what is shown is exchanged where it stands.
  const refresh = () => {
    const slide = slides.find((each) => each.key === shown.key), now = layers[front].firstElementChild;
    shown = slide;
    if (!since || !now || !held[slide.key] || held[slide.key].html === slide.html || slide.film) return;
    const mine = change;
    prepare(slide, 8000).then((found) => {
      if (mine === change && now.parentNode === layers[front]) layers[front].replaceChild(found, now);
    });
  };
  const take = (told) => {
    const before = slides, isNews = tellSide(told.side);
    slides = told.slides;
    fallback = told.fallback;
    [held, weighed, broken, fetched].forEach((kept) => {
      Object.keys(kept).forEach((key) => { if (!has(slides, key) && key !== fallback.key) delete kept[key]; });
    });
    if (ready && !has(slides, ready.key)) ready = null;
    if (!shown) { adopt(); return; }
    if (ready) ready = slides.find((slide) => slide.key === ready.key);
    if (has(slides, shown.key)) refresh();
    const left = playable(), added = left.filter((slide) => !has(before, slide.key));
    const fresh = added.filter((slide) => QUIET.indexOf(slide.kind) < 0);
    const beside = left.filter((slide) => !slide.alone);
    if (!has(slides, shown.key) && (shown.key !== fallback.key || left.length)) {
      next(added.find((slide) => slot(slide) === slot(shown)) || fresh[0], true);
    } else if (fresh.length) next(fresh[0]);
    else if (isNews && shown.alone && beside.length) next(beside[0]);
    else tick();
  };
  // Pictures and codes of what comes later are fetched in time, one slide after the other: the network may be gone then.
  const fetchOne = () => {
    const slide = slides.find((each) => !fetched[each.key] && !each.film);
    if (!slide) return;
    fetched[slide.key] = true;
    element(slide);
  };
  const tick = () => {
    if (!shown) return;
    fetchOne();
    const left = playable(), now = layers[front].firstElementChild;
    if (now) show(now);
    if (mono() >= turnAt || (!has(left, shown.key) && (left.length || shown.key !== fallback.key))) next();
  };
  return { take, tick, showing: () => (shown ? shown.key : "") };
};

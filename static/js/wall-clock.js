// What time it is on a wall, in the screen's own zone whatever the player believes, and which slides are due by it.
// The server says it, and from there on it is counted: a player's own clock may be years off, or be put right at any
// moment. `began` is the server's time when the page was made, in milliseconds.
"use strict";
window.wall = window.wall || {};
window.wall.clock = (began) => {
  const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const STYLE = { hour: "2-digit", minute: "2-digit", weekday: "short", hourCycle: "h23" };
  let format, zone = null, zero = began - performance.now(), minute = -1, moment = null;
  const live = (where) => {
    if (where === zone) return;
    zone = where;
    minute = -1;
    try {
      format = new Intl.DateTimeFormat("en-GB", Object.assign({ timeZone: zone }, STYLE));
    } catch (unknown) { // a zone younger than the player
      format = new Intl.DateTimeFormat("en-GB", STYLE);
    }
  };
  const now = () => zero + performance.now();

  // A Date header knows whole seconds only, and took a while to come; a player that slept has counted too few.
  const correct = (header, came) => {
    const said = Date.parse(header || "");
    if (Math.abs(said - zero - came) > 3000) zero = said - came;
  };
  const at = (time) => {
    const found = {};
    format.formatToParts(time).forEach((part) => { found[part.type] = part.value; });
    const hour = Number(found.hour) % 24;
    return {
      text: ("0" + hour).slice(-2) + ":" + found.minute,
      minute: hour * 60 + Number(found.minute),
      day: DAYS.indexOf(found.weekday) + 1
    };
  };
  const here = () => {
    const current = Math.floor(now() / 60000);
    if (current !== minute) { minute = current; moment = at(now()); }
    return moment;
  };

  // A part of the day that goes over midnight belongs to the day on which it begins.
  const inDay = (slide) => {
    const from = slide.from, until = slide.until, time = here();
    const plays = (day) => slide.days.indexOf(day) >= 0;
    const begun = time.minute >= from, over = time.minute >= until;
    if (from <= until) return begun && !over && plays(time.day);
    return (begun && plays(time.day)) || (!over && plays(time.day === 1 ? 7 : time.day - 1));
  };
  const isDue = (slide) =>
    !(slide.starts && slide.starts * 1000 > now()) && !(slide.ends && slide.ends * 1000 <= now()) && inDay(slide);
  const isNight = (from, until) => {
    const hour = Math.floor(here().minute / 60);
    if (typeof from !== "number" || typeof until !== "number" || from === until) return false;
    return from < until ? hour >= from && hour < until : hour >= from || hour < until;
  };
  return { live, now, correct, at, here, isDue, isNight };
};

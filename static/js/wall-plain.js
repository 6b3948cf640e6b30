// Turns a display's page by loading the next one, as long as the player itself does not do better. It stands in the
// page: a wall whose other files did not arrive must not stay on one slide. Old televisions cannot even read those,
// so this one is written in the JavaScript of 2009.
(function () {
  "use strict";
  var begun = false;
  // Without its stylesheet a wall is no wall, whatever the player does.
  function isWell() {
    return window.wall && window.wall.goes && window.getComputedStyle(document.body, null).overflowY === "hidden";
  }
  function turn() {
    var next = document.body.getAttribute("data-following"), request;
    if (isWell()) return;
    function later() { setTimeout(turn, 10000); }
    // Never leave a page that works for one that may not load.
    function look() {
      if (request.readyState !== 4) return;
      if (isWell()) return;
      if (request.status === 200 && request.responseText.indexOf("data-state=") >= 0) location.replace(next);
      else later();
    }
    try {
      request = new XMLHttpRequest();
      request.onreadystatechange = look;
      request.open("GET", next, true);
      request.timeout = 20000;
      request.send(null);
    } catch (failed) { later(); }
  }
  function begin() {
    if (begun || !document.body || document.readyState === "loading") return;
    begun = true;
    setTimeout(turn, 1000 * (document.body.getAttribute("data-seconds") || 20));
  }
  document.onreadystatechange = begin;
  begin();
})();

// Turns a display's page by loading the next one, as long as the player itself does not do better. Old televisions
// cannot even read that, so this file is written in the JavaScript of 2009.
(function () {
  "use strict";
  function turn() {
    var body = document.body, next = body.getAttribute("data-following"), request = new XMLHttpRequest();
    if (window.wall && window.wall.goes) return;
    function later() { setTimeout(turn, 10000); }
    // Never leave a page that works for one that may not load.
    request.onreadystatechange = function () {
      if (request.readyState !== 4) return;
      if (request.status === 200 && request.responseText.indexOf("data-state=") >= 0) location.replace(next);
      else later();
    };
    try { request.open("GET", next, true); request.timeout = 20000; request.send(null); } catch (failed) { later(); }
  }
  setTimeout(turn, 1000 * (document.body.getAttribute("data-seconds") || 20));
})();

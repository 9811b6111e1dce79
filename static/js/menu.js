/* For somebody signed in. The menu closes by Escape, which gives the focus back, and by a touch elsewhere; without this by its button. */
"use strict";
(() => {
  const menu = document.querySelector("details.menu");
  if (!menu) return;
  addEventListener("keyup", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
})();

/* Five minutes before the session ends a warning with a button that goes on with it; without this the line in the menu says when. */
(() => {
  const line = document.querySelector("[data-session-ends]"), warning = document.querySelector("[data-session-warning]");
  if (!line || !warning) return;
  const BEFORE = 5 * 60 * 1000;
  let ends = Date.parse(line.dataset.sessionEnds), timer;
  const look = () => {
    clearTimeout(timer);
    const left = ends - Date.now();
    warning.hidden = left > BEFORE;
    timer = setTimeout(look, Math.max(1000, Math.min(left > BEFORE ? left - BEFORE : 30000, 2 ** 30)));
  };
  warning.querySelector("button").addEventListener("click", () => {
    fetch(warning.dataset.sessionWarning, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : Promise.reject(answer)))
      .then((said) => { ends = Date.parse(said.ends_at); look(); })
      .catch(() => location.assign("/tai-khoan/dang-nhap/?next=" + encodeURIComponent(location.pathname + location.search)));
  });
  addEventListener("visibilitychange", look);
  look();
})();

/* The menu of somebody signed in closes by Escape, which gives the focus back, and by a touch elsewhere; without this by its button. */
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

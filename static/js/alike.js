/* While somebody writes a petition: published answers to something like it. The server keeps nothing of what it is asked with. */
"use strict";
(() => {
  const place = document.querySelector("[data-alike]");
  const form = place && place.closest("form");
  if (!form) return;
  const above = form.querySelector("[data-alike-above]");
  const field = (name) => form.elements.namedItem(name);
  const said = () => (field("subject").value + "\n" + field("words").value).trim().slice(0, 2000);
  let waiting, shown = "";
  form.addEventListener("input", (event) => {
    if (!["subject", "words"].includes(event.target.name)) return;
    clearTimeout(waiting);
    const asked = said();
    if (asked.length < 10 || asked === shown) return;
    const body = new URLSearchParams({ words: asked, csrfmiddlewaretoken: field("csrfmiddlewaretoken").value });
    waiting = setTimeout(() => fetch(place.dataset.alike, { method: "POST", body })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((found) => {
        if (asked !== said()) return;
        shown = asked;
        /* What is being written stays where it is on the screen, though answers appear above it. */
        const written = document.activeElement, before = written.getBoundingClientRect().top;
        place.innerHTML = found;
        if (form.contains(written)) window.scrollBy(0, written.getBoundingClientRect().top - before);
        if (above) above.hidden = !place.querySelector("a");
        /* What is being written stays in this window. */
        place.querySelectorAll("a").forEach((link) => { link.target = "_blank"; link.rel = "noopener"; });
      })
      .catch(() => { /* the next page shows them, too */ }), 600);
  });
})();

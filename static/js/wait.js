/* A page that waits for news looks again by itself and shows what has changed; without this the browser reloads it. */
"use strict";
(() => {
  const seconds = () => Number(document.querySelector("[data-look-again]")?.dataset.lookAgain || 0);
  const look = () => {
    if (document.hidden) { setTimeout(look, 1000); return; }
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then((answer) => (answer.headers.get("Content-Type") || "").startsWith("text/html") ? answer.text() : location.reload())
      .then((text) => {
        const page = text && new DOMParser().parseFromString(text, "text/html");
        const fresh = page && page.querySelector("main"), shown = document.querySelector("main");
        if (fresh && fresh.querySelector("h1")?.textContent !== shown.querySelector("h1")?.textContent) {
          shown.replaceChildren(...fresh.childNodes);
          document.title = page.title;
          shown.focus();
          /* What the person asked for is ready elsewhere: they are taken there. Going back to this page takes nobody anywhere. */
          const on = shown.querySelector("a[data-go-on]");
          if (on) { location.assign(on.href); return; }
        }
        if (seconds()) setTimeout(look, seconds() * 1000);
      })
      .catch(() => setTimeout(look, 10000));
  };
  if (seconds()) setTimeout(look, seconds() * 1000);
})();

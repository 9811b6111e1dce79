/* A dashboard looks again by itself and changes what is different in place: where one reads and stands, one stays. */
"use strict";
(() => {
  const board = document.getElementById("bang");
  const news = document.getElementById("bang-tin");
  const seconds = Number(board?.dataset.again || 0);
  if (!seconds) return;
  const become = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName !== fresh.nodeName) { old.replaceWith(fresh); return; }
    if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
    for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const had = [...old.childNodes], has = [...fresh.childNodes];
    has.forEach((node, at) => { if (at < had.length) become(had[at], node); else old.append(node); });
    had.slice(has.length).forEach((node) => node.remove());
  };
  const look = () => {
    if (document.hidden) { setTimeout(look, 1000); return; }
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : location.reload()))
      .then((text) => {
        const fresh = text && new DOMParser().parseFromString(text, "text/html").getElementById("bang");
        if (!fresh) return;
        if (fresh.dataset.says !== board.dataset.says) news.textContent = fresh.dataset.says;
        become(board, fresh);
      })
      .catch(() => { /* the next look may succeed */ })
      .finally(() => setTimeout(look, seconds * 1000));
  };
  setTimeout(look, seconds * 1000);
})();

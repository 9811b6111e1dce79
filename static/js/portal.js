/* What every page may use. Each part adds to something that already works without it. */
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const stored = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("co-chu") || "";
      localStorage.setItem("co-chu", value);
    } catch { /* storage is refused: the choice holds for this page */ }
    return value || "";
  };

  /* Text size: three buttons in place of the link. */
  const setSize = (size) => {
    if (size) root.dataset.size = size; else delete root.dataset.size;
    all(".text-size button").forEach((button) => button.setAttribute("aria-pressed", button.dataset.size === size));
  };
  all(".text-size").forEach((group) => { group.hidden = false; });
  all(".text-size-link").forEach((link) => { link.hidden = true; });
  setSize(["l", "xl"].includes(stored()) ? stored() : "");

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-size], [data-dialog], [data-close], [data-print]");
    if (!target || target === root) return;
    if (target.matches("button[data-size]")) setSize(stored(target.dataset.size));
    else if (target.dataset.dialog) {
      const dialog = document.getElementById(target.dataset.dialog);
      if (dialog && dialog.showModal && !event.ctrlKey && !event.metaKey) { event.preventDefault(); dialog.showModal(); }
    }
    else if ("close" in target.dataset) target.closest(".toast").remove();
    else if ("print" in target.dataset) print();
  });
  all("[data-close], [data-print]").forEach((button) => { button.hidden = false; });

  /* Suggestions of the search box, from the server, shown by the browser's own list. */
  all("input[data-suggest]").forEach((input) => {
    let waiting;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      const asked = input.value.trim();
      if (asked.length < 2) return;
      waiting = setTimeout(() => fetch(input.dataset.suggest + "?q=" + encodeURIComponent(asked))
        .then((answer) => (answer.ok ? answer.text() : ""))
        .then((options) => { if (asked === input.value.trim()) input.list.innerHTML = options; })
        .catch(() => { /* without suggestions one types on */ }), 150);
    });
  });

  /* Anchors to sections become tabs after the ARIA pattern. */
  all("[data-tabs]").forEach((nav) => {
    const tabs = all("a", nav);
    const panels = tabs.map((tab) => document.getElementById(tab.hash.slice(1)));
    if (panels.includes(null)) return;
    const show = (chosen) => tabs.forEach((tab, at) => {
      const on = at === chosen;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      panels[at].hidden = !on;
    });
    const list = nav.querySelector("ul");
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", nav.getAttribute("aria-label"));
    nav.removeAttribute("aria-label");
    nav.setAttribute("role", "presentation");
    tabs.forEach((tab, at) => {
      tab.parentElement.setAttribute("role", "presentation");
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panels[at].id);
      panels[at].setAttribute("role", "tabpanel");
      panels[at].tabIndex = 0;
      tab.addEventListener("click", (event) => { event.preventDefault(); show(at); });
      tab.addEventListener("keydown", (event) => {
        const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : move && (at + move + tabs.length) % tabs.length;
        if (next === undefined) return;
        event.preventDefault();
        show(next);
        tabs[next].focus();
      });
    });
    show(Math.max(0, panels.findIndex((panel) => "#" + panel.id === location.hash)));
  });
})();

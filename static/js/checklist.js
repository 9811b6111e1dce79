// The checklist keeps its ticks in the address as one ticks; without this script a button does the same.
(() => {
  "use strict";
  const form = document.querySelector("form[data-checklist]");
  if (!form) return;
  const row = form.querySelector(".row");
  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button-secondary";
    made.textContent = words;
    made.addEventListener("click", () => act(made));
    row.append(made);
  };
  const address = () => {
    const query = new URLSearchParams(new FormData(form)).toString();
    return location.pathname + (query ? "?" + query : "");
  };
  form.addEventListener("change", () => history.replaceState(null, "", address() + location.hash));
  row.querySelector("[type=submit]").hidden = Boolean(navigator.clipboard);
  if (navigator.clipboard) {
    button(form.dataset.copy, (made) =>
      navigator.clipboard.writeText(location.origin + address() + "#giay-to").then(() => { made.textContent = form.dataset.copied; }));
  }
  button(form.dataset.print, () => print());
})();

/* Keys of the desk of dossiers: lines of a list, queues, acts on what is chosen; "?" tells them. All of it is links and buttons of the page,
   so that without this script nothing is missing. Single letters can be switched off (WCAG 2.1.4), and do nothing while somebody types. */
"use strict";
(() => {
  const OFF = "desk-keys-off", LIST = "/quan-tri/dossiers/dossier/";
  const QUEUES = { t: "cua-toi", q: "qua-han", h: "hom-nay", m: "moi", c: "chua-giao", k: "cho-toi-ky" };
  const ACTS = { t: "receive_chosen", g: "assign_chosen", d: "decide_chosen", k: "sign_chosen", i: "print_chosen" };
  const isOff = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
  const one = (selector) => document.querySelector(selector);
  const lines = () => [...document.querySelectorAll("#result_list tbody tr, .desk-table tbody tr, [data-lines] tbody tr")];
  const linkOf = (line) => line.querySelector("th a, td a");
  let first = "", timer;

  const here = () => lines().findIndex((line) => line.contains(document.activeElement));
  const go = (step) => {
    const all = lines();
    if (!all.length) return;
    const at = here(), line = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    linkOf(line)?.focus();
    line.scrollIntoView({ block: "nearest" });
  };
  const choose = (act) => {
    const select = one("#changelist-form select[name=action]"), button = one("#changelist-form button[name=index]");
    if (!select || ![...select.options].some((option) => option.value === act)) return;
    select.value = act;
    button.click();
  };

  const table = () => {
    let dialog = one("dialog.desk-keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "desk-keys";
      dialog.setAttribute("aria-label", "Phím tắt");
      dialog.tabIndex = -1;
      document.body.append(dialog);
      fetch(LIST + "phim-tat/", { headers: { Accept: "text/html" } }).then((answer) => answer.text()).then((text) => {
        const page = new DOMParser().parseFromString(text, "text/html"), close = document.createElement("button");
        close.className = "button";
        close.textContent = "Đóng";
        close.addEventListener("click", () => dialog.close());
        dialog.append(...page.querySelectorAll("#content-main > *"), close);
        wire(dialog);
        close.focus();
      }).catch(() => location.assign(LIST + "phim-tat/"));
    }
    dialog.open ? dialog.close() : dialog.showModal();
  };

  const wire = (root) => {
    const place = root.querySelector("[data-keys-switch]"), box = place?.querySelector("input");
    if (!box) return;
    place.hidden = false;
    box.checked = !isOff();
    box.addEventListener("change", () => { try { localStorage.setItem(OFF, box.checked ? "0" : "1"); } catch { /* not kept */ } });
  };
  wire(document);

  const ALONE = {
    "?": table,
    "/": () => one("#searchbar")?.focus(),
    j: () => go(1),
    k: () => go(-1),
    x: () => lines()[here()]?.querySelector("input[type=checkbox]")?.click(),
    a: () => one("#action-toggle")?.click(),
    n: () => one("a[rel=next]")?.click(),
    p: () => one("a[rel=prev]")?.click(),
    o: () => one("#content-main form .form-row :is(select, textarea, input:not([type=hidden]))")?.focus(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isOff()) return;
    const at = event.target;
    if (at instanceof Element && at.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit], [type=button])")) return;
    const key = event.key, before = first;
    clearTimeout(timer);
    first = "";
    let act;
    if (before === "g") act = key === "s" ? () => location.assign("/quan-tri/") : QUEUES[key] && (() => location.assign(LIST + "?viec=" + QUEUES[key]));
    else if (before === "b") act = key === "s" ? () => location.assign(LIST + "so-ngay/") : ACTS[key] && (() => choose(ACTS[key]));
    else if (key === "g" || key === "b") { first = key; timer = setTimeout(() => { first = ""; }, 1500); return; }
    else if (/^[1-9]$/.test(key)) act = () => one(`[data-acts] [accesskey="${key}"]`)?.focus();
    else act = ALONE[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();

/* Saves what one types into a declaration, field by field, and shows what became another question. Everything works without it. */
"use strict";
(() => {
  const form = document.querySelector("form[data-autosave]");
  const said = document.getElementById("luu");
  if (!form || !said) return;
  const waiting = new Set(), versions = new Map();
  let timer, sending = false, leaving = false, pause = 2000;
  const say = (what) => { said.textContent = said.dataset[what]; };
  const hidden = (name) => form.querySelector(`input[type=hidden][name="${name}"]`);
  const controls = (name) => [...form.querySelectorAll("[data-field] [name]")].filter((one) => one.name === name);
  const values = (name) => controls(name).filter((one) => !/^(checkbox|radio)$/.test(one.type) || one.checked).map((one) => one.value);

  const later = (time) => { clearTimeout(timer); timer = setTimeout(send, time); };

  async function send() {
    if (sending || !waiting.size) return;
    sending = true;
    const names = [...waiting];
    waiting.clear();
    const body = new URLSearchParams();
    for (const name of ["csrfmiddlewaretoken", "draft", "version", "last", "versions", "nhom", "row"]) {
      if (hidden(name)) body.append(name, hidden(name).value);
    }
    for (const name of names) {
      const typed = values(name);
      (typed.length ? typed : [""]).forEach((value) => body.append(name, value));
    }
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Autosave": "1" }, redirect: "error", keepalive: true });
      if (answer.status === 401 || answer.status === 403 || answer.status === 409) { names.forEach((name) => waiting.add(name)); say("ended"); return; }
      if (!answer.ok) throw new Error(answer.status);
      if (hidden("draft")) hidden("draft").value = answer.headers.get("X-Draft");
      names.forEach((name) => versions.set(name, answer.headers.get("X-Version")));
      hidden("versions").value = [...versions].map((pair) => pair.join(":")).join(" ");
      pause = 2000;
      say("saved");
      if (answer.status === 200) show(await answer.text());
      if (waiting.size) later(300);
    } catch {
      names.forEach((name) => waiting.add(name));
      say("lost");
      later(pause);
      pause = Math.min(pause * 2, 30000);
    } finally {
      sending = false;
    }
  }

  /* Only blocks that are other ones are drawn again: nobody's cursor jumps. */
  function show(text) {
    const sent = document.createElement("template");
    sent.innerHTML = text;
    const fresh = sent.content.getElementById("cau-hoi"), here = document.getElementById("cau-hoi");
    const old = new Map([...here.children].map((block) => [block.dataset.field, block]));
    let before = null, more = false;
    for (let block of [...fresh.children]) {
      const there = old.get(block.dataset.field);
      old.delete(block.dataset.field);
      const typing = there && (there.contains(document.activeElement) || [...there.querySelectorAll("[name]")].some((one) => waiting.has(one.name)));
      if (there && (there.dataset.sign === block.dataset.sign || typing)) block = there;
      else { more = true; if (there) there.replaceWith(block); }
      if ((before ? before.nextElementSibling : here.firstElementChild) !== block) { if (before) before.after(block); else here.prepend(block); }
      before = block;
    }
    old.forEach((block) => block.remove());
    hidden("shown").value = fresh.dataset.shown;
    document.getElementById("khac").replaceChildren(...sent.content.getElementById("khac").childNodes);
    if (more || old.size) say("more");
  }

  const typed = (event) => {
    const name = event.target.name;
    if (!name || !event.target.closest("[data-field]") || name === "paste") return;
    waiting.add(name);
    later(event.type === "change" ? 100 : 800);
  };
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); });
  addEventListener("online", () => later(0));
  addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("visibilitychange", () => { if (document.hidden) send(); });
  addEventListener("beforeunload", (event) => { if (waiting.size && !leaving) { send(); event.preventDefault(); } });
})();

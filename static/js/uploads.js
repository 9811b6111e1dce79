/* Papers are sent when they are chosen, piece by piece, on from where a lost connection cut them. Without this the form sends them whole. */
"use strict";
(() => {
  const form = document.querySelector("form[data-uploads]");
  if (!form || !window.crypto?.subtle || !window.AbortController) return;
  const words = form.dataset, MIN = 64 * 1024;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const queue = [];
  let running = null, leaving = null;

  const digest = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const pause = (ms, job) => new Promise((go) => {
    const on = () => { clearTimeout(timer); removeEventListener("online", on); job.wake = null; go(); };
    const timer = setTimeout(on, ms);
    addEventListener("online", on);
    job.wake = on;
  });

  class Final extends Error {}

  /* One request, repeated until the server answers: the connection may be away for as long as it likes. */
  const ask = async (job, method, address, options = {}) => {
    for (let tries = 0; ; tries += 1) {
      if (job.cancelled) throw new Final("");
      job.abort = new AbortController();
      const timer = setTimeout(() => job.abort.abort(), 90000);
      let answer = null, body = null;
      try {
        answer = await fetch(address, { method, redirect: "manual", signal: job.abort.signal, ...options,
          headers: { Draft: form.elements.draft.value, "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, ...options.headers } });
        if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) body = await answer.json();
      } catch { answer = null; }
      clearTimeout(timer);
      if (answer) {
        if (answer.ok) return { status: answer.status, ...body };
        if (answer.status === 409 && body) return { status: 409, ...body };
        if (answer.type === "opaqueredirect" || answer.status === 403) throw new Final(words.signedOut);
        const again = answer.status === 400 || answer.status === 408 || answer.status >= 500;
        if (!again || (answer.status === 507 && tries >= 2) || (answer.status === 400 && tries >= 5)) {
          throw new Final(body?.message || words.failed);
        }
      }
      say(job, answer ? words.slow : words.lost);
      await pause(Math.min(30000, 1000 * 2 ** tries), job);
    }
  };

  const say = (job, text, kind = "") => {
    job.words.textContent = text;
    job.row.classList.toggle("error", kind === "error");
  };
  const shown = (job) => {
    job.bar.value = job.offset;
    say(job, fill(words.sending, { percent: Math.floor(100 * job.offset / job.file.size) }));
  };

  const send = async (job) => {
    if (!job.file.size) throw new Final(words.empty);
    if (job.file.size > Number(words.most)) throw new Final(words.tooBig);
    say(job, words.reading);
    let whole;
    try { whole = hex(await digest(await job.file.arrayBuffer())); } catch { throw new Final(words.unreadable); }
    const announced = new URLSearchParams({ kind: job.kind, name: job.file.name, size: job.file.size, sha256: whole });
    const begun = await ask(job, "POST", words.uploads, { body: announced });
    const address = words.uploads + begun.id + "/";
    job.address = address;
    job.offset = begun.offset;
    let length = 256 * 1024;
    while (job.offset < job.file.size) {
      shown(job);
      const data = await job.file.slice(job.offset, job.offset + length).arrayBuffer().catch(() => { throw new Final(words.unreadable); });
      const began = performance.now();
      const answer = await ask(job, "PUT", address, { body: data, headers: {
        "Content-Type": "application/octet-stream", "Upload-Offset": String(job.offset),
        "Content-Digest": "sha-256=:" + base64(await digest(data)) + ":" } });
      job.offset = answer.offset;
      const took = performance.now() - began;
      if (took < 1500) length = Math.min(begun.piece, length * 2);
      else if (took > 8000) length = Math.max(MIN, length / 2);
    }
    shown(job);
    say(job, words.ending);
    const ended = await ask(job, "POST", address);
    if (ended.status === 409) return send(job);
  };

  /* The server draws the page; here only the card of the paper is exchanged. */
  const redraw = async (card) => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(card.id);
    if (!fresh) return;
    const list = card.querySelector(".uploads"), focused = document.activeElement?.id;
    const same = card.dataset.shown === fresh.innerHTML;
    card.dataset.shown = fresh.innerHTML;
    if (!same) {
      card.replaceChildren(...fresh.childNodes);
      card.querySelector(".field")?.append(list);
      if (focused && !document.activeElement?.id) document.getElementById(focused)?.focus();
    }
    const checking = card.querySelector("[data-checking]");
    card.looks = same ? (card.looks || 0) + 1 : 0;
    if (checking && card.looks < 8) setTimeout(() => redraw(card), 1500 * (card.looks + 1));
  };

  const next = async () => {
    if (running || !queue.length) { if (!running) leave(); return; }
    running = queue.shift();
    const job = running;
    try {
      await send(job);
      say(job, fill(words.done, { name: job.file.name }));
      await redraw(job.card);
      setTimeout(() => { if (!job.card.querySelector("progress")) job.row.remove(); }, 4000);
      job.bar.remove();
      job.button.remove();
    } catch (error) {
      if (job.cancelled) job.row.remove();
      else {
        if (leaving) leaving = null;
        job.bar.remove();
        job.button.textContent = words.hide;
        job.failed = true;
        job.row.firstChild.textContent = "";
        say(job, job.file.name + ": " + (error instanceof Final ? error.message : words.failed), "error");
      }
    }
    running = null;
    next();
  };

  const leave = () => {
    if (!leaving) return;
    const button = leaving;
    leaving = null;
    form.requestSubmit(button.isConnected ? button : form.querySelector(`[name=act][value="${CSS.escape(button.value)}"]`));
  };

  const add = (input, file) => {
    const card = input.closest("section");
    let list = card.querySelector(".uploads");
    if (!list) {
      list = document.createElement("ul");
      list.className = "uploads plain";
      input.closest(".field").append(list);
    }
    const row = document.createElement("li"), bar = document.createElement("progress"), button = document.createElement("button");
    const name = document.createElement("span"), status = document.createElement("span");
    name.textContent = file.name + " ";
    status.setAttribute("role", "status");
    status.textContent = words.waiting;
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    button.type = "button";
    button.className = "button button-quiet";
    button.textContent = words.cancel;
    row.append(name, status, bar, button);
    list.append(row);
    const job = { file, card, row, bar, button, words: status, kind: input.name.replace(/^tep-/, ""), offset: 0 };
    button.addEventListener("click", () => {
      job.cancelled = true;
      const at = queue.indexOf(job);
      if (at >= 0) queue.splice(at, 1);
      job.abort?.abort();
      job.wake?.();
      if (job.address && !job.failed) ask({ ...job, cancelled: false, row, words: status }, "DELETE", job.address).catch(() => {});
      row.remove();
      document.getElementById(input.id)?.focus();
    });
    queue.push(job);
  };

  form.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[type=file]")) return;
    [...input.files].forEach((file) => add(input, file));
    input.value = "";
    next();
  });
  form.addEventListener("submit", (event) => {
    if (!running && !queue.length) return;
    event.preventDefault();
    leaving = event.submitter;
    const job = running || queue[0];
    say(job, words.then);
  });
  addEventListener("beforeunload", (event) => { if ((running || queue.length) && !leaving) event.preventDefault(); });
})();

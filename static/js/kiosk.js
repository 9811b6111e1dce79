/* A kiosk's browser: back to the start when nobody is there, a pad and keys on the screen, reading aloud. It keeps nothing. */
"use strict";
(() => {
  const bar = document.querySelector(".kiosk-bar");
  if (!bar) return;
  const registered = "kiosk" in bar.dataset, signedIn = "kioskSignedIn" in bar.dataset;

  /* After a minute a warning, which can be put off; 20 seconds later the start, and the session is over on the server. */
  const leave = () => {
    const end = document.querySelector("[data-kiosk-end]");
    if (end) end.submit(); else location.replace("/kiosk/");
  };
  const box = document.querySelector("[data-kiosk-warning-box]");
  const atStart = location.pathname === "/kiosk/" && !signedIn;
  if (registered && box && !atStart) {
    const seconds = Number(bar.dataset.kioskSeconds), warning = Number(bar.dataset.kioskWarning);
    const left = box.querySelector("[data-kiosk-left]");
    let touched = Date.now(), told = Date.now(), back = null;
    const stay = () => {
      // Under the warning a touch presses its button or nothing: else it would press what lies behind.
      if (!box.hidden) return;
      touched = Date.now();
      // The server hears of it now and then, not of every touch.
      if (signedIn && Date.now() - told > 30000) tell();
    };
    const tell = () => {
      told = Date.now();
      const token = document.querySelector("[data-kiosk-end] [name=csrfmiddlewaretoken]");
      fetch(bar.dataset.kioskStill, { method: "POST", headers: { "X-CSRFToken": token ? token.value : "" } })
        .then((answer) => (answer.ok && !answer.redirected ? answer.json() : { signed_in: false }))
        .then((said) => { if (!said.signed_in) location.replace("/kiosk/"); })
        .catch(() => {});
    };
    for (const kind of ["pointerdown", "keydown", "input", "scroll"]) addEventListener(kind, stay, { passive: true, capture: true });
    box.querySelector("[data-kiosk-go-on]").addEventListener("click", () => {
      box.hidden = true;
      if (back) back.focus();
      stay();
      if (signedIn) tell();
    });
    setInterval(() => {
      const idle = Math.floor((Date.now() - touched) / 1000);
      if (idle >= seconds + warning) { touched = Date.now(); leave(); return; }
      if (idle < seconds) return;
      left.textContent = String(seconds + warning - idle);
      if (box.hidden) { back = document.activeElement; box.hidden = false; box.querySelector("button").focus(); }
    }, 500);
    // A page that comes back out of the browser's memory is nobody's.
    addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/kiosk/"); });
  }

  /* The pad writes here instead of asking the server for every digit. */
  const typed = document.querySelector("[data-kiosk-typed]");
  if (typed) {
    const most = Number(typed.dataset.kioskTyped);
    document.querySelector(".kiosk-pad").addEventListener("click", (event) => {
      const key = event.target.closest("[name=phim]");
      if (!key || key.value === "xong") return;
      event.preventDefault();
      const digits = typed.value.replace(/\D/g, "");
      typed.value = key.value === "lui" ? digits.slice(0, -1) : (digits + key.value).slice(0, most);
    });
  }

  /* Keys for a form's fields, on a registered device alone: there is no keyboard. A tone is pressed after its letter. */
  const TONES = { "´": "\u0301", "`": "\u0300", "?": "\u0309", "~": "\u0303", ".": "\u0323" };
  const ROWS = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm,/-", "ăâđêôơư´`~"];
  if (registered && signedIn) {
    const keys = document.createElement("div");
    let field = null, capital = false;
    const put = (text) => {
      const start = field.selectionStart ?? field.value.length, end = field.selectionEnd ?? start;
      const before = field.value.slice(0, start);
      let written = before + text;
      if (TONES[text] && before) written = (before + TONES[text]).normalize("NFC");
      if (field.maxLength > 0 && written.length + field.value.length - end > field.maxLength) return;
      field.value = written + field.value.slice(end);
      field.setSelectionRange(written.length, written.length);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const rub = () => {
      const start = field.selectionStart ?? field.value.length;
      field.value = field.value.slice(0, Math.max(0, start - 1)) + field.value.slice(start);
      field.setSelectionRange(Math.max(0, start - 1), Math.max(0, start - 1));
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const hide = () => { keys.hidden = true; document.body.classList.remove("kiosk-typing"); };
    const key = (label, act, name, wide) => {
      const made = document.createElement("button");
      made.type = "button"; made.textContent = label;
      if (name) made.setAttribute("aria-label", name);
      if (wide) made.dataset.wide = "";
      made.addEventListener("pointerdown", (event) => event.preventDefault());
      made.addEventListener("click", () => { if (field) act(made); });
      return made;
    };
    keys.className = "kiosk-keys"; keys.hidden = true;
    keys.setAttribute("role", "group"); keys.setAttribute("aria-label", "Bàn phím");
    for (const row of ROWS) {
      const line = document.createElement("div");
      for (const letter of row) line.append(key(letter, (made) => put(made.textContent)));
      keys.append(line);
    }
    const last = document.createElement("div");
    last.append(
      key("Hoa", () => {
        capital = !capital;
        for (const one of keys.querySelectorAll("button")) if (one.textContent.length === 1) one.textContent = capital ? one.textContent.toUpperCase() : one.textContent.toLowerCase();
      }, "Chữ hoa, chữ thường"),
      key("?", () => put("?"), "Dấu hỏi"), key(".", () => put("."), "Dấu nặng"),
      key("Dấu cách", () => put(" "), "", true), key("Xóa", rub, "Xóa một chữ"), key("Ẩn", hide, "Ẩn bàn phím"),
    );
    keys.append(last);
    document.body.append(keys);
    const TEXT = "input:not([type]), input[type=text], input[type=tel], input[type=search], input[type=email], textarea";
    for (const one of document.querySelectorAll(TEXT)) one.setAttribute("inputmode", "none");
    addEventListener("focusin", (event) => {
      if (!event.target.matches || !event.target.matches(TEXT) || event.target.matches("[data-kiosk-typed], [data-kiosk-scan]")) return;
      field = event.target;
      keys.hidden = false; document.body.classList.add("kiosk-typing");
      field.scrollIntoView({ block: "center" });
    });

    /* The draft that stands here can go on on one's own phone. */
    const at = location.pathname.match(/^\/nop-ho-so\/([^/]+)\//);
    if (at) {
      const way = document.createElement("a");
      way.className = "button button-secondary"; way.textContent = "Làm tiếp trên điện thoại";
      way.href = "/kiosk/dien-thoai/" + at[1] + "/";
      bar.querySelector(".row").prepend(way);
    }
  }

  /* Read aloud only where the browser has a Vietnamese voice; else the button is not there. */
  const aloud = document.querySelector("[data-kiosk-aloud]");
  if (aloud && "speechSynthesis" in window) {
    const voice = () => speechSynthesis.getVoices().find((one) => /^vi\b/i.test(one.lang));
    const look = () => { aloud.hidden = !voice(); };
    speechSynthesis.addEventListener("voiceschanged", look);
    look();
    aloud.addEventListener("click", () => {
      if (speechSynthesis.speaking) { speechSynthesis.cancel(); return; }
      const words = new SpeechSynthesisUtterance(document.querySelector("main").innerText);
      words.voice = voice(); words.lang = "vi-VN"; words.rate = .9;
      speechSynthesis.speak(words);
    });
    addEventListener("pagehide", () => speechSynthesis.cancel());
  }

  if (registered && !signedIn && "serviceWorker" in navigator) navigator.serviceWorker.register("/kiosk/sw.js", { scope: "/kiosk/" }).catch(() => {});
})();

/* Public pages of the kiosk stay for five minutes without the network; nothing else is ever kept. */
"use strict";
const STORE = "kiosk-public", MINUTES = 5, STAMP = "x-kiosk-kept";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const stamped = async (answer) => {
  const headers = new Headers(answer.headers);
  headers.set(STAMP, String(Date.now()));
  return new Response(await answer.blob(), { status: answer.status, headers });
};

const mayStay = (answer, url) => answer.ok && !answer.redirected && (answer.headers.get("X-Kiosk") === "public" || url.pathname.startsWith("/static/"));

const gone = () => new Response(
  '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Mất mạng – Kiosk</title><body><main><h1>Máy đang mất mạng</h1><p>Bạn lấy số hoặc hỏi cán bộ hướng dẫn tại quầy.</p><p><a href="/kiosk/">Thử lại</a></p></main></body></html>',
  { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } },
);

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  const isPage = event.request.mode === "navigate";
  if (!isPage && !url.pathname.startsWith("/static/")) return;
  event.respondWith((async () => {
    const store = await caches.open(STORE);
    try {
      const answer = await fetch(event.request);
      if (mayStay(answer, url)) await store.put(event.request, await stamped(answer.clone()));
      // A page that is somebody's is nobody's to find here later.
      else if (isPage) await store.delete(event.request);
      return answer;
    } catch (broken) {
      const kept = await store.match(event.request);
      if (kept && Date.now() - Number(kept.headers.get(STAMP)) < MINUTES * 60000) return kept;
      if (kept) await store.delete(event.request);
      if (isPage) return gone();
      throw broken;
    }
  })());
});

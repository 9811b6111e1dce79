"""Answers strangers with kept pages before anything else is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from prometheus_client import Counter

from portal.caching import replica
from portal.caching.changes import marks
from portal.caching.public import has_session
from portal.caching.store import Kept, Memory, Shared

MAX_KEY = 600
"""Longer addresses are answered and not kept."""
kept_pages = Counter("portal_kept_pages_total", "Public pages by where they came from: memory, redis, rendered", ["origin"])
_from_memory, _from_redis, _rendered = (kept_pages.labels(origin) for origin in ("memory", "redis", "rendered"))
_frame_marks: list[Callable[[], str]] = []


def register_frame_mark(mark: Callable[[], str]) -> None:
    """Let a room say, from memory, what its lines in the frame of every page depend on. Once, in ``ready()``."""
    if mark not in _frame_marks:
        _frame_marks.append(mark)


_NOT_KEPT = frozenset(["x-request-id", "set-cookie", "content-length", "date", "connection"])


class PageCache:
    """Second outermost middleware: a public page that names its rooms is rendered once until one of them changes or the day ends.

    A rush on a page that was just emptied renders it once: threads wait for each other here, processes through Redis.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.memory = Memory(settings.PAGE_CACHE_MB * 1024 * 1024)
        self.shared = Shared()
        self._rooms: dict[str, tuple[str, ...]] = {}
        self._flights: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.memory.limit or request.method not in ("GET", "HEAD") or settings.KIOSK_COOKIE_NAME in request.COOKIES:
            return self.get_response(request)
        if has_session(request):
            request.kept_pages = self  # type: ignore[attr-defined]
            return self.get_response(request)
        page = self._page(request, _key(request))
        return _answer(request, page) if isinstance(page, Kept) else page

    def for_session(self, request: HttpRequest) -> Kept | None:
        """The page that a stranger (or one of the same variant) gets at this address, for the view's own parts to be set in; None where
        none is kept, or a message waits to be shown on it."""
        if "messages" in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
            return None
        variant = request.variant  # type: ignore[attr-defined]
        environ = {name: value for name, value in request.META.items() if name not in _OF_ONE_READER}
        stranger: Any = type(request)({**environ, "REQUEST_METHOD": "GET"})  # type: ignore[call-arg]  # made as the server makes it
        stranger.variant = variant
        page = self._page(stranger, _key(request, variant))
        return page if isinstance(page, Kept) else None

    def _page(self, request: HttpRequest, key: str) -> Kept | HttpResponse:
        """What is kept at a key, from memory or made now; an answer that is not kept as it is."""
        if len(key) > MAX_KEY:
            return self.get_response(request)
        rooms = self._rooms.get(key)
        if rooms is not None:
            page = self.memory.get(key, self._mark(rooms))
            if page is not None:
                _from_memory.inc()
                return page
        else:
            rooms = _rooms_of(request.path_info)
        return self.get_response(request) if rooms is None else self._fetch(request, key, rooms)

    def _mark(self, rooms: tuple[str, ...]) -> str:
        # The day is part of what a page says: what is in force, what is new.
        frame = "".join(mark() for mark in _frame_marks)
        return f"{timezone.localdate():%Y%m%d}|{frame}|{marks.of(rooms)}"

    def _fetch(self, request: HttpRequest, key: str, rooms: tuple[str, ...]) -> Kept | HttpResponse:
        """A page that memory does not hold: from another thread, another process, or rendered."""
        mark = self._mark(rooms)
        flight = f"{mark} {key}"
        with self._lock:
            going = self._flights.get(flight)
            if going is None:
                self._flights[flight] = threading.Event()
        if going is not None:
            going.wait(5)
            page = self.memory.get(key, mark)
            if page is None:
                return self.get_response(request)
            _from_memory.inc()
            return page
        try:
            page = self.shared.get(key, mark)
            if page is None and not self.shared.claim(key, mark):
                page = self.shared.wait(key, mark)
            if page is not None:
                self._keep(key, rooms, page)
                _from_redis.inc()
                return page
            try:
                return self._render(request, key, rooms, mark)
            finally:
                self.shared.release_claim(key, mark)
        finally:
            with self._lock:
                self._flights.pop(flight).set()

    def _render(self, request: HttpRequest, key: str, rooms: tuple[str, ...], mark: str) -> Kept | HttpResponse:
        _rendered.inc()
        request.to_be_kept = True  # type: ignore[attr-defined]
        response = replica.rendered(lambda: self.get_response(request))
        etag = response.headers.get("ETag", "")
        if response.status_code != 200 or response.streaming or response.cookies or not etag:
            return response
        headers = tuple((name, value) for name, value in response.items() if name.lower() not in _NOT_KEPT)
        match = request.resolver_match
        page = Kept(mark, headers, response.content, etag, match.route if match else "", getattr(response, "places", ()))
        self._keep(key, rooms, page)
        self.shared.put(key, page)
        return page

    def _keep(self, key: str, rooms: tuple[str, ...], page: Kept) -> None:
        self.memory.put(key, page)
        if len(self._rooms) > 50_000:
            self._rooms.clear()
        self._rooms[key] = rooms


_OF_ONE_READER = frozenset({"HTTP_COOKIE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_AUTHORIZATION"})
"""What a request says of who asks."""


def _key(request: HttpRequest, variant: str = "") -> str:
    meta = request.META
    query = meta.get("QUERY_STRING", "")
    key = f"{request.scheme}://{meta.get('HTTP_HOST', '')}{request.path_info}" + (f"?{query}" if query else "")
    if meta.get("HTTP_HX_REQUEST"):
        key += f"#{meta.get('HTTP_HX_TARGET', '')}"
    # No address holds a blank.
    return f"{key} {variant}" if variant else key


def _rooms_of(path: str) -> tuple[str, ...] | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    found: tuple[str, ...] | None = getattr(match.func, "kept_rooms", None)
    return tuple(room.format(**match.kwargs) if "{" in room else room for room in found) if found is not None else None


def _answer(request: HttpRequest, page: Kept) -> HttpResponse:
    """The page, or 304 for one who has it already."""
    request.resolver_match = SimpleNamespace(route=page.route)  # type: ignore[assignment]  # for the log and the figures
    given = request.META.get("HTTP_IF_NONE_MATCH", "")
    response = HttpResponse(status=304) if given and page.etag in given else HttpResponse(page.body)
    if response.status_code == 304:
        del response.headers["Content-Type"]
    for name, value in page.headers:
        if response.status_code == 200 or name in ("Cache-Control", "ETag", "Vary", "Expires", "Content-Location"):
            response.headers[name] = value
    if response.status_code == 200:
        response.headers["Content-Length"] = str(len(page.body))
    return response

"""Kept pages: in this process's memory, and for the other processes in Redis."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from portal.caching.places import Place
from portal.redis import GuardedRedis, guarded_redis

logger = logging.getLogger(__name__)

SHARED_SECONDS = 600
"""How long Redis keeps a page that has an address of its own. Nothing depends on it: a page's mark is part of its key."""
ASKED_SECONDS = 10
"""The same for an answer to a question (an address with ``?``): long enough for a rush, too short for a flood of made-up questions."""
WAIT_SECONDS = 3.0
"""How long a process waits for another one's rendering of the same page before it renders the page itself."""
_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Kept:
    """A page as it was answered."""

    mark: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    etag: str
    route: str
    places: tuple[Place, ...] = ()
    """Where the parts of somebody who is signed in are set in."""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return len(self.body) + 1500


class Memory:
    """The pages of this process, the longest unused leave first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._pages: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, mark: str) -> Kept | None:
        """The page, if nothing it shows has changed."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.mark != mark:
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: str, page: Kept) -> None:
        """Keep a page, in place of an older one."""
        if page.size > self.limit // 8:
            return
        with self._lock:
            old = self._pages.pop(key, None)
            self.used += page.size - (old.size if old else 0)
            self._pages[key] = page
            while self.used > self.limit:
                _key, gone = self._pages.popitem(last=False)
                self.used -= gone.size

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._pages.clear()
            self.used = 0


@lru_cache(maxsize=1)
def release() -> str:
    """A fingerprint of this release: a page kept by the last one names its style sheets and speaks its words."""
    found = hashlib.sha256()
    folders = [settings.BASE_DIR / name for name in ("templates", "portal", "accounts", "procedures", "dossiers")]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in (".py", ".html", ".mo", ".json")]
    for file in sorted([*files, Path(settings.STATIC_ROOT) / "staticfiles.json"]):
        if file.is_file():
            found.update(file.read_bytes())
    for name in ("SITE_URL", "ENVIRONMENT_LABEL"):
        found.update(str(getattr(settings, name)).encode())
    return found.hexdigest()[:16]


class Shared:
    """What the processes share. Every method fails open and fast: Redis is never needed to answer a page."""

    @property
    def _redis(self) -> GuardedRedis:
        return guarded_redis(settings.REDIS_URL, logger, "pages are not shared: Redis does not answer")

    def _name(self, key: str, mark: str) -> str:
        return "page:" + hashlib.sha256("\n".join((release(), mark, key)).encode()).hexdigest()

    def get(self, key: str, mark: str) -> Kept | None:
        """Another process's page."""
        found = self._redis.ask(lambda client: client.get(self._name(key, mark)))
        if not isinstance(found, bytes):
            return None
        try:
            head, _, body = zlib.decompress(found).partition(b"\n")
            facts = json.loads(head)
            places = tuple((name, begin, end) for name, begin, end in facts["places"])
            return Kept(mark, tuple((name, value) for name, value in facts["headers"]), body, facts["etag"], facts["route"], places)
        except (zlib.error, ValueError, KeyError):
            return None

    def put(self, key: str, page: Kept) -> None:
        """Let the other processes have it."""
        head = json.dumps({"headers": page.headers, "etag": page.etag, "route": page.route, "places": page.places}).encode()
        packed = zlib.compress(head + b"\n" + page.body, 1)
        seconds = ASKED_SECONDS if "?" in key else SHARED_SECONDS
        self._redis.ask(lambda client: client.set(self._name(key, page.mark), packed, ex=seconds))

    def claim(self, key: str, mark: str) -> bool:
        """Whether this process is the one to render the page; also True where nobody can say."""
        answer = self._redis.ask(
            lambda client: bool(client.set(self._name(key, mark) + ":making", b"1", nx=True, px=int(WAIT_SECONDS * 1000)))
        )
        return answer is not False

    def release_claim(self, key: str, mark: str) -> None:
        """The rendering is done, or failed."""
        self._redis.ask(lambda client: client.delete(self._name(key, mark) + ":making"))

    def wait(self, key: str, mark: str) -> Kept | None:
        """What the process that claimed the page makes of it; None: it took too long or gave up."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            if page := self.get(key, mark):
                return page
            if self._redis.is_away:
                return None
            if self._redis.ask(lambda client: client.exists(self._name(key, mark) + ":making")) == 0:
                return self.get(key, mark)
            time.sleep(_POLL_SECONDS)
        return None

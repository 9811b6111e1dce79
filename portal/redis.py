"""Redis for what may be lost: asked briefly, and left alone for a while after a failure, so that no page ever waits for it."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from portal.redis_address import sentinels_of

T = TypeVar("T")

TIMEOUT_SECONDS = 0.1
"""How long a page may wait for an answer."""
PAUSE_SECONDS = 2.0
"""After a failure Redis is left alone this long: a hanging server costs one page a tenth of a second, not every page."""
LOG_EVERY_SECONDS = 60.0


def pool_of(url: str, **options: Any) -> redis.ConnectionPool:
    """Connections to one Redis, or to the master that sentinels name (:mod:`portal.redis_address`). None is made before it is asked for."""
    address = sentinels_of(url)
    if address is None:
        return redis.ConnectionPool.from_url(url, **options)
    watchers = {name: options[name] for name in ("socket_connect_timeout", "socket_timeout") if name in options}
    guards = Sentinel(list(address.sentinels), sentinel_kwargs={**watchers, "password": address.password})
    return SentinelConnectionPool(address.master, guards, db=address.database, password=address.password, **options)


class Pool:
    """The same, as Django's cache asks for it (``pool_class``)."""

    from_url = staticmethod(pool_of)


class GuardedRedis:
    """One user of Redis in this process. Each has a breaker of its own, so that each says in the log what goes without it."""

    def __init__(self, url: str, logger: logging.Logger, said: str) -> None:
        """``said``: the line of the log when Redis does not answer, at most once in :data:`LOG_EVERY_SECONDS`."""
        self.client = redis.Redis(
            connection_pool=pool_of(
                url,
                socket_connect_timeout=TIMEOUT_SECONDS,
                socket_timeout=TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 0),
                health_check_interval=0,
            )
        )
        self._logger, self._said = logger, said
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._logged_at = -math.inf

    @property
    def is_away(self) -> bool:
        """Whether it failed a moment ago and is not asked now."""
        return time.monotonic() < self._closed_until

    def ask(self, what: Callable[[redis.Redis], T]) -> T | None:
        """The answer, or None where there is none in time. Never raises for Redis."""
        if self.is_away:
            return None
        try:
            return what(self.client)
        except (redis.RedisError, OSError) as error:
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        with self._lock:
            self._closed_until = now + PAUSE_SECONDS
            quiet = now - self._logged_at < LOG_EVERY_SECONDS
            if not quiet:
                self._logged_at = now
        if not quiet:
            self._logger.warning(self._said, extra={"error": type(error).__name__})


@lru_cache(maxsize=16)
def guarded_redis(url: str, logger: logging.Logger, said: str) -> GuardedRedis:
    """The one of this address and purpose; made at the first question, so that a forked process has connections of its own."""
    return GuardedRedis(url, logger, said)

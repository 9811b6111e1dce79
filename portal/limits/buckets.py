"""The bucket itself: one Lua script, one round trip, Redis's own clock, so that all web processes agree."""

from __future__ import annotations

import functools
import logging
import math
import threading
import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.utils.crypto import salted_hmac
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.1
"""How long a page may wait for Redis before it is let through."""
PAUSE_SECONDS = 2.0
"""After a failure Redis is left alone this long: a hanging server costs one page a tenth of a second, not every page."""
LOG_EVERY_SECONDS = 60.0

_SCRIPT = """
local capacity, refill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or capacity
local before = tonumber(bucket[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - before) * refill)
local allowed = tokens >= cost
if allowed then tokens = tokens - cost end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / refill * 1000) + 1000)
return {allowed and 1 or 0, math.floor(tokens), allowed and '0' or string.format('%.6f', (cost - tokens) / refill)}
"""


@dataclass(frozen=True)
class Grant:
    """The bucket's answer. ``retry_after`` is in seconds, 0 when allowed."""

    allowed: bool
    remaining: int
    retry_after: float


class _Breaker:
    """Remembers for this process that Redis is away, and when that was last said in the log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._logged_at = -math.inf

    def is_open(self) -> bool:
        """Whether Redis may be asked now."""
        return time.monotonic() >= self._closed_until

    def failed(self, error: Exception) -> None:
        """Note a failure; log at most once per :data:`LOG_EVERY_SECONDS`."""
        now = time.monotonic()
        with self._lock:
            self._closed_until = now + PAUSE_SECONDS
            quiet = now - self._logged_at < LOG_EVERY_SECONDS
            if not quiet:
                self._logged_at = now
        if not quiet:
            logger.warning("limits are open: redis does not answer", extra={"error": type(error).__name__})


@functools.lru_cache(maxsize=8)
def _script(url: str) -> tuple[redis.commands.core.Script, _Breaker]:
    client = redis.Redis.from_url(
        url,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    return client.register_script(_SCRIPT), _Breaker()


def take(bucket: str, key: str, *, capacity: int, refill_per_second: float, cost: int = 1) -> Grant:
    """Take ``cost`` tokens out of the bucket of ``key``; a bucket holds ``capacity`` tokens and starts full.

    ``key`` (an address, an account) reaches Redis only as a keyed digest. When Redis does not answer, the grant is allowed: a limit
    protects comfort, not secrets. ``ValueError`` for sizes that can never be granted.
    """
    if capacity < 1 or refill_per_second <= 0 or not 0 < cost <= capacity:
        raise ValueError("a bucket needs a capacity, a refill, and a cost within its capacity")
    script, breaker = _script(settings.REDIS_URL)
    open_grant = Grant(allowed=True, remaining=capacity, retry_after=0.0)
    if not breaker.is_open():
        return open_grant
    name = f"limits:{bucket}:{salted_hmac('portal.limits', key, algorithm='sha256').hexdigest()[:32]}"
    try:
        allowed, remaining, wait = script(keys=[name], args=[capacity, refill_per_second, cost])
    except (redis.RedisError, OSError) as error:
        breaker.failed(error)
        return open_grant
    return Grant(allowed=bool(allowed), remaining=int(remaining), retry_after=float(wait))

"""The bucket itself: one Lua script, one round trip, Redis's own clock, so that all web processes agree."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import salted_hmac

from portal.redis import guarded_redis

logger = logging.getLogger(__name__)

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


def take(bucket: str, key: str, *, capacity: int, refill_per_second: float, cost: int = 1) -> Grant:
    """Take ``cost`` tokens out of the bucket of ``key``; a bucket holds ``capacity`` tokens and starts full.

    ``key`` (an address, an account) reaches Redis only as a keyed digest. When Redis does not answer, the grant is allowed: a limit
    protects comfort, not secrets. ``ValueError`` for sizes that can never be granted.
    """
    if capacity < 1 or refill_per_second <= 0 or not 0 < cost <= capacity:
        raise ValueError("a bucket needs a capacity, a refill, and a cost within its capacity")
    store = guarded_redis(settings.REDIS_URL, logger, "limits are open: redis does not answer")
    name = f"limits:{bucket}:{salted_hmac('portal.limits', key, algorithm='sha256').hexdigest()[:32]}"
    answer = store.ask(lambda client: client.register_script(_SCRIPT)(keys=[name], args=[capacity, refill_per_second, cost]))
    if answer is None:
        return Grant(allowed=True, remaining=capacity, retry_after=0.0)
    allowed, remaining, wait = answer
    return Grant(allowed=bool(allowed), remaining=int(remaining), retry_after=float(wait))

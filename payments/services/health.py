"""How institutions answer just now: counts of the last minutes and a breaker, in Redis. Without Redis all is allowed, nothing is shown.

Nothing here says anything about money, and nothing waits: it only spares payers and workers a wait that has just failed for others.
"""

from __future__ import annotations

import enum
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from payments.institutions.base import BadMessage
from portal.exchange.breaker import FAILURES, REST_SECONDS, TRIAL_SECONDS, Breaker
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.redis import guarded_redis

__all__ = ["FAILURES", "REST_SECONDS", "TRIAL_SECONDS"]
logger = logging.getLogger(__name__)

MINUTES = 5
"""Counts of so many minutes make up the present health."""
SLOW_SECONDS = 3.0


class Health(enum.StrEnum):
    """How an institution answers now."""

    FINE = "fine"
    SLOW = "slow"
    DOWN = "down"


def _ask(what: Any) -> Any:
    return guarded_redis(settings.REDIS_URL, logger, "the health of institutions is not known: redis does not answer").ask(what)


def _minute(code: str, minute: int) -> str:
    return f"payments:health:{code}:{minute}"


_breaker = Breaker("payments:breaker")
_key = _breaker.key


def allows(code: str) -> bool:
    """Whether the institution may be asked now. After its rest one who asks is let through as the trial, the others are not."""
    return _breaker.allows(code)


@contextmanager
def watching(code: str) -> Iterator[None]:
    """Count one question to an institution: answered (a refusal is an answer), or not. What is raised goes through."""
    began = time.monotonic()
    try:
        yield
    except OutsideUnavailable:
        _note(code, failed=True, seconds=time.monotonic() - began)
        raise
    except (OutsideRefused, BadMessage):
        _note(code, failed=False, seconds=time.monotonic() - began)
        raise
    _note(code, failed=False, seconds=time.monotonic() - began)


def _note(code: str, *, failed: bool, seconds: float) -> None:
    def write(client: Any) -> None:
        counts = _minute(code, int(time.time()) // 60)
        pipe = client.pipeline(transaction=False)
        pipe.hincrby(counts, "failed" if failed else "answered", 1)
        pipe.hincrby(counts, "milliseconds", round(seconds * 1000))
        pipe.expire(counts, (MINUTES + 1) * 60)
        pipe.execute()

    _ask(write)
    _breaker.note(code, failed=failed)


def judge(answered: int, failed: int, milliseconds: int) -> Health:
    """Health by the counts of the last minutes."""
    asked = answered + failed
    if failed >= 3 and failed * 2 >= asked:
        return Health.DOWN
    if asked and ((failed * 5 >= asked and failed >= 2) or milliseconds / asked >= SLOW_SECONDS * 1000):
        return Health.SLOW
    return Health.FINE


@dataclass(frozen=True)
class Present:
    """How an institution answers now, and whether it is left alone just now (nobody may begin a payment there)."""

    health: Health
    is_resting: bool = False


def present_of(codes: Iterable[str]) -> dict[str, Present]:
    """The present state of institutions (one round trip); none is named where Redis does not answer.

    Who failed so often that the breaker opened is down until it has answered once, also when its rest is over and one may try it.
    """
    wanted = list(codes)
    now = int(time.time()) // 60

    def read(client: Any) -> list[Any]:
        pipe = client.pipeline(transaction=False)
        for code in wanted:
            pipe.mget(*(_key(code, name) for name in ("rest", "trial", "failures")))
            for back in range(MINUTES):
                pipe.hmget(_minute(code, now - back), "answered", "failed", "milliseconds")
        return list(pipe.execute())

    found = _ask(read) if wanted else []
    if found is None:
        return {}
    result = {}
    for number, code in enumerate(wanted):
        (rest, trial, failures), *minutes = found[number * (MINUTES + 1) : (number + 1) * (MINUTES + 1)]
        answered, failed, milliseconds = (sum(int(minute[place] or 0) for minute in minutes) for place in range(3))
        is_open = rest is not None or int(failures or 0) >= FAILURES
        health = Health.DOWN if is_open else judge(answered, failed, milliseconds)
        result[code] = Present(health, is_resting=rest is not None or (is_open and trial is not None))
    return result


def health_of(codes: Iterable[str]) -> dict[str, Health]:
    """The present health of institutions (one round trip); none is named where Redis does not answer."""
    return {code: present.health for code, present in present_of(codes).items()}

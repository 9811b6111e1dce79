"""How systems outside answer: counted in Redis as they are asked, for the desk. What Redis loses is lost; nothing is decided by it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from portal.redis import guarded_redis

logger = logging.getLogger(__name__)
KEPT_SECONDS = 8 * 86_400


@dataclass(frozen=True)
class Standing:
    """Of one service, today."""

    calls: int = 0
    failures: int = 0
    last_at: datetime | None = None
    last_code: str = ""
    """``ok``, or what went wrong last."""

    @property
    def error_rate(self) -> int | None:
        """In percent; None where nobody asked."""
        return round(100 * self.failures / self.calls) if self.calls else None


def _key(service: str, now: datetime) -> str:
    return f"exchange:standing:{service}:{timezone.localdate(now):%Y%m%d}"


def _ask(what: Any) -> Any:
    return guarded_redis(settings.REDIS_URL, logger, "calls to systems outside are not counted: redis does not answer").ask(what)


def note(service: str, code: str, *, now: datetime | None = None) -> None:
    """Count one question. ``code``: ``ok``, ``refused`` (an answer, too), else why there was none. Names of services and codes alone."""
    now = now or timezone.now()

    def write(client: Any) -> None:
        pipe, key = client.pipeline(transaction=False), _key(service, now)
        pipe.hincrby(key, "calls", 1)
        if code not in ("ok", "refused"):
            pipe.hincrby(key, "failures", 1)
        pipe.hset(key, mapping={"last_at": int(now.timestamp()), "last_code": code})
        pipe.expire(key, KEPT_SECONDS)
        pipe.execute()

    _ask(write)


def standings(services: Iterable[str], *, now: datetime | None = None) -> dict[str, Standing]:
    """How services stand today, each with what is known (one round to Redis); empty where Redis is silent."""
    names, now = list(services), now or timezone.now()

    def read(client: Any) -> Any:
        pipe = client.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(_key(name, now))
        return pipe.execute()

    found: dict[str, Standing] = {}
    for name, raw in zip(names, _ask(read) or [], strict=False):
        said = {_text(key): _text(value) for key, value in raw.items()}
        if said:
            last = datetime.fromtimestamp(int(said.get("last_at", "0")), tz=UTC)
            found[name] = Standing(int(said.get("calls", 0)), int(said.get("failures", 0)), last, said.get("last_code", ""))
    return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

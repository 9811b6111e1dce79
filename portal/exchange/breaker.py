"""A circuit breaker for systems outside, in Redis: who failed several times in a row is left alone for a while.

Without Redis all is allowed. Nothing waits and nothing is decided by it: it only spares workers a wait that has just failed for others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from portal.redis import guarded_redis

logger = logging.getLogger(__name__)

FAILURES = 5
"""So many in a row open the breaker."""
REST_SECONDS = 20
"""How long a system is left alone then; after that one question at a time tries it, until one is answered."""
TRIAL_SECONDS = 10
"""How long one such trial holds the others back at most."""


class Breaker:
    """One for each kind of systems; each system has a name in it."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def key(self, name: str, part: str) -> str:
        """Where Redis keeps ``failures``, ``rest`` or ``trial`` of a system."""
        return f"{self.prefix}:{name}:{part}"

    def _ask(self, what: Any) -> Any:
        return guarded_redis(settings.REDIS_URL, logger, "no breaker for systems outside: redis does not answer").ask(what)

    def allows(self, name: str) -> bool:
        """Whether the system may be asked now. After its rest one who asks is let through as the trial, the others are not."""

        def look(client: Any) -> bool:
            resting, failures = client.mget(self.key(name, "rest"), self.key(name, "failures"))
            if resting is not None:
                return False
            if int(failures or 0) < FAILURES:
                return True
            return bool(client.set(self.key(name, "trial"), 1, nx=True, ex=TRIAL_SECONDS))

        answer = self._ask(look)
        return True if answer is None else bool(answer)

    def resting(self, names: Iterable[str]) -> set[str]:
        """Those of some systems that are left alone now; none where Redis does not answer."""
        asked = list(names)
        found = self._ask(lambda client: client.mget([self.key(name, "rest") for name in asked])) if asked else []
        return {name for name, rest in zip(asked, found or [], strict=False) if rest is not None}

    def note(self, name: str, *, failed: bool) -> None:
        """Count one question: answered (a refusal is an answer), or not."""

        def write(client: Any) -> None:
            if not failed:
                client.delete(*(self.key(name, part) for part in ("failures", "rest", "trial")))
                return
            pipe = client.pipeline(transaction=False)
            pipe.incr(self.key(name, "failures"))
            pipe.expire(self.key(name, "failures"), 600)
            if int(pipe.execute()[0]) >= FAILURES:
                client.set(self.key(name, "rest"), 1, ex=REST_SECONDS)
                client.delete(self.key(name, "trial"))

        self._ask(write)

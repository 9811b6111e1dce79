"""Where Redis is: one server (``redis://``), or one of several that sentinels watch.

    redis+sentinel://:PASSWORD@HOST:26379,HOST:26379,HOST:26379/MASTER/0

The password is that of the servers and of the sentinels. Read by the settings too, so it imports nothing of Django's.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

SCHEME = "redis+sentinel"
SENTINEL_PORT = 26379


@dataclass(frozen=True)
class SentinelAddress:
    """Several servers, of which the sentinels know the master."""

    sentinels: tuple[tuple[str, int], ...]
    master: str
    database: int
    password: str | None

    @property
    def for_celery(self) -> str:
        """The same as Celery's broker reads it: one address a sentinel; the master's name goes into its transport options."""
        secret = f":{quote(self.password, safe='')}@" if self.password else ""
        return ";".join(f"sentinel://{secret}{host}:{port}/{self.database}" for host, port in self.sentinels)


def sentinels_of(url: str) -> SentinelAddress | None:
    """The sentinels that an address names; None where it names a server itself. Raises ValueError for one that says neither."""
    if not url.startswith(f"{SCHEME}://"):
        return None
    parts = urlsplit(url)
    secret, _, places = parts.netloc.rpartition("@")
    master, _, database = parts.path.strip("/").partition("/")
    if not master or not places or (database and not database.isdecimal()):
        raise ValueError(f"{SCHEME}:// wants hosts and the master's name: {SCHEME}://:PASSWORD@HOST:26379,HOST:26379/MASTER/0")
    sentinels = []
    for place in places.split(","):
        host, _, port = place.rpartition(":") if ":" in place else (place, "", "")
        if port and not port.isdecimal():
            raise ValueError(f"{SCHEME}:// has a port that is no number")
        sentinels.append((host, int(port or SENTINEL_PORT)))
    return SentinelAddress(tuple(sentinels), master, int(database or 0), unquote(secret.partition(":")[2]) or None)

"""Redis under sentinels: the portal finds whoever is master, also when that changes."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.core.cache.backends.redis import RedisCache

from bench.drill.parts import until
from bench.drill.redis import Watched
from portal.redis import GuardedRedis
from portal.redis_address import SentinelAddress, sentinels_of


@pytest.fixture
def watched() -> Iterator[Watched]:
    with tempfile.TemporaryDirectory(prefix="portal-watched-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        several = Watched(Path(folder))
        try:
            several.start()
            yield several
        finally:
            for part in several.parts:
                part.lose()


def test_the_address_of_sentinels_is_read_and_a_wrong_one_is_told() -> None:
    found = sentinels_of("redis+sentinel://:a%2Fb@one:1,two/portal/3")
    assert found == SentinelAddress((("one", 1), ("two", 26379)), "portal", 3, "a/b")
    assert found.for_celery == "sentinel://:a%2Fb@one:1/3;sentinel://:a%2Fb@two:26379/3"
    assert sentinels_of("redis://127.0.0.1:6379/0") is None
    for wrong in ("redis+sentinel://one", "redis+sentinel:///portal", "redis+sentinel://one:x/portal", "redis+sentinel://one/portal/x"):
        with pytest.raises(ValueError, match="sentinel"):
            sentinels_of(wrong)


@pytest.mark.requirement("N-04", "N-05")
def test_limits_cache_and_queue_go_on_with_another_master(watched: Watched) -> None:
    guarded = GuardedRedis(watched.url, logging.getLogger("test"), "no redis")
    options: dict[str, Any] = {"OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "pool_class": "portal.redis.Pool"}}
    cache = RedisCache([watched.url], options)
    address = sentinels_of(watched.url)
    assert address is not None
    broker = Celery(broker=address.for_celery)
    broker.conf.broker_transport_options = {"master_name": address.master, "sentinel_kwargs": {"password": address.password}}

    def sent() -> bool:
        try:
            with broker.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0.1)
                connection.SimpleQueue("now").put({"n": 1})
        except Exception:
            return False
        return True

    assert guarded.ask(lambda store: store.set("k", "v")) and sent()
    cache.set("c", 1)
    first = watched.master()
    assert first is not None
    # Both followers have it before it is lost.
    assert guarded.ask(lambda store: store.execute_command("WAIT", 2, 5000)) == 2
    first.lose()
    until(lambda: guarded.ask(lambda store: store.set("k2", "v")), 30, "another master takes over")
    assert guarded.ask(lambda store: store.get("k")) == b"v"
    until(lambda: watched.master() not in (None, first), 10, "it is another one")
    assert cache.get("c") == 1
    assert sent()

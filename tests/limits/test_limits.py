"""Token buckets against a real Redis, and against none."""

from __future__ import annotations

import logging
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.access import ActingAs, Actor
from portal.launcher.common import free_port
from portal.limits import client_address, limit_view, take


@pytest.fixture
def bucket() -> str:
    """A bucket nobody drew from before."""
    return f"test-{uuid.uuid4().hex}"


def test_a_bucket_empties_and_says_when_to_come_back(bucket: str) -> None:
    grants = [take(bucket, "a", capacity=3, refill_per_second=0.5) for _ in range(4)]
    assert [grant.allowed for grant in grants] == [True, True, True, False]
    assert [grant.remaining for grant in grants[:3]] == [2, 1, 0]
    assert 1.5 < grants[3].retry_after <= 2.0
    assert grants[0].retry_after == 0


def test_a_bucket_fills_again_but_not_over(bucket: str) -> None:
    assert take(bucket, "a", capacity=2, refill_per_second=20, cost=2).allowed
    assert not take(bucket, "a", capacity=2, refill_per_second=20, cost=2).allowed
    time.sleep(0.25)  # time for five tokens; two fit
    assert take(bucket, "a", capacity=2, refill_per_second=20).remaining == 1


def test_everybody_has_a_bucket_of_their_own(bucket: str) -> None:
    assert take(bucket, "a", capacity=1, refill_per_second=0.01).allowed
    assert not take(bucket, "a", capacity=1, refill_per_second=0.01).allowed
    assert take(bucket, "b", capacity=1, refill_per_second=0.01).allowed
    assert take(bucket + "x", "a", capacity=1, refill_per_second=0.01).allowed


def test_many_at_once_get_exactly_what_is_there(bucket: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        grants = list(pool.map(lambda _: take(bucket, "a", capacity=10, refill_per_second=0.001), range(50)))
    assert sum(grant.allowed for grant in grants) == 10


def test_the_key_is_not_readable_in_redis(bucket: str, settings: pytest.FixtureRequest) -> None:
    import redis

    take(bucket, "203.0.113.77", capacity=1, refill_per_second=0.01)
    names = [name.decode() for name in redis.Redis.from_url(settings.REDIS_URL).scan_iter(f"limits:{bucket}:*")]  # type: ignore[attr-defined]
    assert len(names) == 1
    assert "203.0.113.77" not in names[0]


@pytest.mark.parametrize(("capacity", "refill", "cost"), [(0, 1.0, 1), (1, 0.0, 1), (1, 1.0, 2), (1, 1.0, 0)])
def test_impossible_buckets_are_refused(capacity: int, refill: float, cost: int) -> None:
    with pytest.raises(ValueError):
        take("test", "a", capacity=capacity, refill_per_second=refill, cost=cost)


@pytest.fixture
def hanging_port() -> Iterator[int]:
    """A server that takes connections and never answers: worse than a dead one."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        held: list[socket.socket] = []
        stop = threading.Event()
        server.settimeout(0.05)

        def accept() -> None:
            while not stop.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()
        for connection in held:
            connection.close()


def test_a_dead_redis_opens_the_gate_at_once(bucket: str, settings: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"  # type: ignore[attr-defined]
    begin = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="portal.limits.buckets"):
        assert all(take(bucket, "a", capacity=1, refill_per_second=0.01).allowed for _ in range(100))
    # A page that waited for it each time would wait 200 s.
    assert time.monotonic() - begin < 60
    assert len(caplog.records) == 1, "one line for the whole outage, not one for each request"


def test_a_hanging_redis_costs_one_time_out_not_one_each(
    bucket: str, settings: pytest.FixtureRequest, hanging_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.redis.TIMEOUT_SECONDS", 1)
    settings.REDIS_URL = f"redis://127.0.0.1:{hanging_port}/0"  # type: ignore[attr-defined]
    begin = time.monotonic()
    assert all(take(bucket, "a", capacity=1, refill_per_second=0.01).allowed for _ in range(50))
    assert time.monotonic() - begin < 25, "fifty of them are fifty seconds"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "address"),
    [
        (0, "198.51.100.9", "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.9", "10.0.0.1", "198.51.100.9"),
        (1, "6.6.6.6, 198.51.100.9", "10.0.0.1", "198.51.100.9"),
        (2, "6.6.6.6, 198.51.100.9, 10.0.0.2", "10.0.0.1", "198.51.100.9"),
        (2, "198.51.100.9", "10.0.0.1", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1", "10.0.0.1"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (0, "", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (0, "", "::ffff:203.0.113.5", "203.0.113.5"),
        (0, "", "", ""),
    ],
)
def test_client_address(proxies: int, forwarded: str, remote: str, address: str, settings: pytest.FixtureRequest) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies  # type: ignore[attr-defined]
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers)) == address


def request_of(user: uuid.UUID | None, remote: str = "203.0.113.5", method: str = "get") -> HttpRequest:
    request = getattr(RequestFactory(), method)("/", REMOTE_ADDR=remote)
    request._actor = Actor(acting_as=ActingAs.SELF, user_id=user) if user else Actor()
    request.actor = request._actor
    return request


def test_a_view_answers_429_with_retry_after(bucket: str) -> None:
    @limit_view(bucket, 2, 60)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    answers = [view(request_of(None)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 30
    assert view(request_of(None, remote="203.0.113.6")).status_code == 200


def test_by_account_people_behind_one_address_do_not_disturb_each_other(bucket: str) -> None:
    @limit_view(bucket, 1, 60, key="user", methods={"POST"})
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    one, two = uuid.uuid4(), uuid.uuid4()
    codes = [view(request_of(user, method="post")).status_code for user in (one, two, one, None, None)]
    assert codes == [200, 200, 429, 200, 429]
    assert view(request_of(one, method="get")).status_code == 200

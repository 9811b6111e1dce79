"""Passkey sign-in within limits of ours: by the sender's own address, and open when Redis is away."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.test import Client

from portal.launcher.common import free_port
from tests import factories

ADDRESS = "/tai-khoan/khoa-truy-cap/dang-nhap/"
pytestmark = pytest.mark.django_db


def _try(client: Client, sender: str) -> int:
    return client.post(ADDRESS, {"credential": "{}"}, headers={"X-Forwarded-For": sender}).status_code


def test_officers_behind_one_proxy_have_a_bucket_each(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    client = Client(REMOTE_ADDR="10.0.0.1")
    # The bucket holds 60 and fills by one a second while we ask.
    codes = list(itertools.takewhile(lambda code: code != 429, (_try(client, "203.0.113.5") for _ in range(300))))
    assert set(codes) == {302} and 60 <= len(codes) < 300
    assert _try(client, "203.0.113.6") == 302


def test_without_redis_the_door_is_open_and_nothing_breaks(settings: Any) -> None:
    dead = f"redis://127.0.0.1:{free_port()}/0"
    settings.REDIS_URL = dead
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": dead}}
    client = Client()
    options = client.get(ADDRESS, headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"})
    assert options.status_code == 200 and "challenge" in options.content.decode()
    for _ in range(12):
        answer = client.post(ADDRESS, {"credential": '{"id": "x"}', "next": "/quan-tri/dossiers/"}, follow=True)
        assert answer.status_code == 200 and "Cán bộ đăng nhập" in answer.content.decode()
    assert 'name="next" value="/quan-tri/dossiers/"' in answer.content.decode(), "what one wanted outlives a failed try"


_PARTS = '"rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"'


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "1", '"x"', "{", '{"id": "x"}', '{"id": "x", "response": []}', f'{{"id": "eA", {_PARTS}}}}}',
    f'{{"id": "eA", {_PARTS}, "userHandle": "/w"}}}}', f'{{"id": "eA", {_PARTS}, "userHandle": 1}}}}', "null", "9" * 5000, "[" * 3000],
)  # fmt: skip
def test_whatever_is_sent_as_a_passkey_is_answered_in_words(client: Client, credential: str) -> None:
    client.get(ADDRESS, headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"})
    answer = client.post(ADDRESS, {"credential": credential}, follow=True)
    assert answer.status_code == 200 and "Cán bộ đăng nhập" in answer.content.decode()
    position = factories.make_position()
    factories.sign_in(client, position.person, position=position)
    assert client.post("/tai-khoan/khoa-truy-cap/them/", {"credential": credential, "name": "x", "passwordless": "on"}).status_code == 200

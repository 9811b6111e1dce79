"""Public pages of somebody who is signed in: the stranger's kept page with their own parts set in, and nothing of theirs kept (N-02)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from portal.caching import changes, marks
from portal.caching.places import cut_out, marked
from procedures.models import ProcedureVersion
from tests.factories import make_person, make_position, sign_in

PAGES = [
    "/",
    "/en/",
    "/thu-tuc/1.001193/",
    "/en/thu-tuc/1.001193/",
    "/thu-tuc/1.001193/?xa=00082",
    "/thu-tuc/1.001193/?dia-phuong=",
    "/thu-tuc/?trang=2",
    "/tim-kiem/?q=khai+sinh",
    "/su-kien/co-con-nho/",
    "/ho-tro/",
    "/nop-ho-so/1.001193/",
]


@pytest.fixture(autouse=True)
def kept(settings: Any) -> Iterator[None]:
    """As in a portal: pages are kept, and a change is looked for at every use."""
    settings.PAGE_CACHE_MB = 8
    usual, changes.CHECK_SECONDS = changes.CHECK_SECONDS, 0.0
    marks.forget()
    yield
    changes.CHECK_SECONDS = usual
    marks.forget()


def whole(client: Client, page: str) -> Any:
    """The page rendered anew for the one who asks: so it is where a message may wait to be shown."""
    client.cookies["messages"] = "nothing"
    answer = client.get(page)
    del client.cookies["messages"]
    return answer


def lines(answer: Any) -> list[str]:
    return [line for line in answer.content.decode().splitlines() if line.strip()]


@pytest.mark.usefixtures("demo_data")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["citizen", "officer", "nobody any more"])
def test_the_page_with_parts_set_in_is_the_page_rendered_for_them(page: str, who: str) -> None:
    client, stranger = Client(), Client()
    if who == "citizen":
        sign_in(client, make_person(full_name="Nguyễn Thị Riêng Tư"))
    elif who == "officer":
        position = make_position()
        sign_in(client, position.person, position=position)
    else:
        client.cookies[django_settings.SESSION_COOKIE_NAME] = "gone"
    before = stranger.get(page)
    for _ in range(2):
        own, full = client.get(page), whole(client, page)
        assert own.status_code == full.status_code
        assert lines(own) == lines(full)
        assert "private" in own["Cache-Control"] and "ETag" not in own and "Cookie" in own["Vary"]
        for name in ("Content-Type", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy"):
            assert own[name] == full[name], name
    after = stranger.get(page)
    assert after.content == before.content and after.get("ETag") == before.get("ETag")
    assert b"\x01" not in before.content + own.content and "Riêng Tư" not in after.content.decode()


@pytest.mark.usefixtures("demo_data")
def test_nothing_of_a_reader_is_kept_and_a_change_is_seen_by_them_too() -> None:
    client, other = Client(), Client()
    sign_in(client, make_person(full_name="Nguyễn Thị Riêng Tư"))
    sign_in(other, make_person(full_name="Trần Thị Khác", residence_unit="00082"))
    for page in ("/", "/thu-tuc/1.001193/"):
        assert "Riêng Tư" in client.get(page).content.decode()
        text = other.get(page).content.decode()
        assert "Riêng Tư" not in text and "Trần Thị Khác" in text
    assert "Phường Cửa Nam" in other.get("/thu-tuc/1.001193/").content.decode()
    version = ProcedureVersion.objects.get(procedure__code="1.001193", effective_to__isnull=True)
    version.name = "Một tên mới của thủ tục"
    version.save()
    assert "Một tên mới của thủ tục" in client.get("/thu-tuc/1.001193/").content.decode()


@pytest.mark.usefixtures("demo_data")
def test_who_asks_costs_two_queries_and_the_page_none() -> None:
    client = Client()
    sign_in(client, make_person())
    client.get("/ho-tro/")
    changes.CHECK_SECONDS = 60.0
    for page in ("/ho-tro/", "/thu-tuc/1.001193/", "/thu-tuc/"):
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        assert len(asked) <= 2, [query["sql"][:100] for query in asked]


_names = st.sampled_from(["nav", "head", "start"])


@given(st.lists(st.tuples(st.text(alphabet="aăđ<>&\n ", max_size=8), st.one_of(st.none(), _names)), max_size=8))
def test_marks_leave_a_page_as_it_was_and_places_hold_what_they_held(pieces: list[tuple[str, str | None]]) -> None:
    page = "".join(text if name is None else marked(name, text) for text, name in pieces)
    plain, places = cut_out(page.encode())
    assert plain.decode() == "".join(text for text, _name in pieces)
    assert [(name, plain[begin:end].decode()) for name, begin, end in places] == [(name, text) for text, name in pieces if name is not None]

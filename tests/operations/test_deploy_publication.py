"""An editor's change through the real proxy: kept pages show it within seconds, and a crowd on an emptied page costs one rendering."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from procedures.models import ProcedureVersion
from tests.operations.installation import Front
from tests.support import databases
from tests.support.processes import eventually

pytestmark = [pytest.mark.fault, pytest.mark.requirement("N-02")]

CODE = "1.001193"
PAGES = {
    "home": "/",
    "list": "/su-kien/co-con-nho/",
    "procedure": f"/thu-tuc/{CODE}/",
    "search": "/tim-kiem/?q=khai+sinh",
    "English": f"/en/thu-tuc/{CODE}/",
}
SECONDS = 5.0
"""In which a change is seen by everybody (docs/performance.md)."""
LONGEST = 60.0


@pytest.fixture(scope="module")
def front_data() -> str:
    """Procedures to change."""
    return databases.DEMO


@pytest.fixture
def editor(front: Front, django_db_blocker: Any) -> Iterator[None]:
    """Changes of this process are committed in the portal's database."""
    with django_db_blocker.unblock():
        yield


def rename(words: str) -> float:
    """Give the procedure another name, in Vietnamese and English; the moment at which that was committed."""
    version = ProcedureVersion.objects.get(procedure__code=CODE)
    ProcedureVersion.objects.filter(pk=version.pk).update(name=words, english={**version.english, "name": words})
    return time.monotonic()


def keep(front: Front) -> None:
    """Ask for every page until the proxy answers it out of its own memory."""
    for name, path in PAGES.items():
        try:
            eventually(lambda path=path: front.ask(path).headers["X-Cache"] == "HIT", 10)  # type: ignore[misc]
        except AssertionError as error:
            raise AssertionError(f"{name} is not kept") from error


@pytest.mark.usefixtures("editor")
def test_a_new_name_is_seen_on_every_kept_page_within_seconds_while_people_read(front: Front) -> None:
    for turn in range(2):
        keep(front)
        words = f"Đăng ký khai sinh, tên thứ {turn}"
        assert not [name for name, path in PAGES.items() if words in front.ask(path).body.decode()]
        committed = rename(words)
        seen: dict[str, float] = {}
        # A busy machine may need longer to draw them all; who asks first after five seconds: the test after this one.
        while len(seen) < len(PAGES) and time.monotonic() < committed + LONGEST:
            for name, path in PAGES.items():
                begun = time.monotonic()
                answer = front.ask(path)
                assert answer.status == 200
                if words in answer.body.decode():
                    seen.setdefault(name, begun - committed)
            time.sleep(0.2)
        assert seen.keys() == PAGES.keys(), f"seen only on {seen}"
        # And never the old one again: the new page is what is kept now.
        keep(front)
        for name, path in PAGES.items():
            for _ in range(6):
                assert words in front.ask(path).body.decode(), name


@pytest.mark.usefixtures("editor")
def test_who_comes_first_after_five_seconds_sees_the_new_page(front: Front) -> None:
    keep(front)
    words = "Đăng ký khai sinh, mà không ai xem trong lúc đó"
    committed = rename(words)
    time.sleep(committed + SECONDS - time.monotonic())
    answers = {name: front.ask(path) for name, path in PAGES.items()}
    assert {answer.status for answer in answers.values()} == {200}
    old = {name: answer.headers["X-Cache"] for name, answer in answers.items() if words not in answer.body.decode()}
    assert not old


@pytest.mark.usefixtures("editor")
@pytest.mark.parametrize("page", PAGES)
def test_thirty_at_once_on_an_emptied_page_cost_one_rendering(front: Front, page: str) -> None:
    path = PAGES[page]
    eventually(lambda: front.ask(path).headers["X-Cache"] == "HIT", 10)
    before = front.rendered()
    words = f"Đăng ký khai sinh, đông người xem {page}"
    committed = rename(words)
    # The proxy's copy may stand in no longer, and neither worker has been asked since the change.
    time.sleep(committed + SECONDS - time.monotonic())
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: front.ask(path), range(30)))
    assert {answer.status for answer in answers} == {200}
    assert all(words in answer.body.decode() for answer in answers)
    assert len({answer.body for answer in answers}) == 1
    assert front.rendered() == before + 1

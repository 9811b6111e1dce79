"""Two web processes that keep pages: a rush on an emptied page renders it once, a change is seen within seconds."""

from __future__ import annotations

import re
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from procedures.models import ProcedureVersion

PAGE = "/thu-tuc/1.001193/"


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def rendered(portal: Any) -> float:
    found = re.search(r'portal_kept_pages_total\{origin="rendered"\} ([\d.e+]+)', get(portal.url + "/metrics"))
    return float(found[1]) if found else 0.0


@pytest.mark.browser
@pytest.mark.requirement("N-02")
def test_a_rush_on_an_emptied_page_renders_it_once_and_an_editors_change_is_seen_within_seconds(portal: Any) -> None:
    get(portal.url + PAGE)
    for number in range(3):
        words = f"Câu thứ {number} của biên tập viên."
        ProcedureVersion.objects.filter(procedure__code="1.001193").update(summary=words)
        # Long enough for both processes to learn of the change, so that all of them ask for the new page at once.
        time.sleep(2.5)
        before = rendered(portal)
        with ThreadPoolExecutor(40) as pool:
            pages = list(pool.map(lambda _: get(portal.url + PAGE), range(80)))
        assert all(words in page for page in pages)
        assert rendered(portal) == before + 1


@pytest.mark.browser
def test_pages_stand_while_redis_and_the_database_are_asked_nothing(portal: Any) -> None:
    # What the processes know of the last test's database is forgotten by then.
    time.sleep(2.5)
    first = get(portal.url + PAGE)
    before = rendered(portal)
    assert all(get(portal.url + PAGE) == first for _ in range(50))
    assert rendered(portal) <= before + 1

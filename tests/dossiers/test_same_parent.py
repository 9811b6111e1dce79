"""The same parent later: the household business asks for nothing already given, and the counters say so (acceptance of D-02)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from lxml import html

from dossiers.queries import facts_of
from tests.dossiers.shipped_answers import CASES
from tests.dossiers.support import hidden, mother
from tests.dossiers.test_shipped_forms import at, declare, give_papers, words
from tests.dossiers.test_sources import boxes, browser, work
from tests.dossiers.test_supplied_papers import sent
from tests.payments.support import desk_of

pytestmark = pytest.mark.usefixtures("demo_data")

BIRTH, HOUSEHOLD, FOOD = "1.001193", "1.001612", "1.013855"
BY_CODE = {case.code: case for case in CASES}


def asked_in(client: Client, code: str) -> set[str]:
    """Everything that the declaration asks for, page by page."""
    tasks = html.fromstring(client.get(at(code, "to-khai/")).content).xpath("//ul[@class='tasks']//a/@href")
    return set().union(*(boxes(client.get(href)) for href in tasks))


@pytest.mark.requirement("D-02", "D-04", "S-05")
def test_the_same_parent_later_gives_nothing_that_was_given_already_and_the_counters_say_so(outside: Any) -> None:
    client = browser()
    client.get(at(BIRTH, "to-khai/"))
    declare(client, BY_CODE[BIRTH])
    assert give_papers(client, BY_CODE[BIRTH]) == 1
    birth = sent(client, BIRTH)
    given = {value for value in (*birth.answers.values(), *facts_of(mother()).values()) if isinstance(value, str) and len(value) > 5}

    mine = {"founder": "person", "street": "Số 88 phố Trình Diễn"}
    case = replace(BY_CODE[HOUSEHOLD], answers={**BY_CODE[HOUSEHOLD].answers, **mine}, papers=0)
    case.answers.pop("members")
    client.get(at(HOUSEHOLD, "to-khai/"))
    work()
    declare(client, case)
    asked = asked_in(client, HOUSEHOLD)
    known = {"owner_name", "owner_birth_date", "owner_sex", "owner_id_number", "owner_address", "owner_phone"}
    assert known.isdisjoint(asked) and "business_name" in asked
    page = client.get(at(HOUSEHOLD, "giay-to/"))
    assert client.post(at(HOUSEHOLD, "giay-to/"), hidden(page, act="tiep"))["Location"] == at(HOUSEHOLD, "kiem-tra/"), "no paper"
    household = sent(client, HOUSEHOLD)
    again = {name for name, value in household.answers.items() if isinstance(value, str) and value in given}
    assert again == known, "what was given once is there, and was asked no more"
    assert household.reuse.fields_reused == len(known) and household.reuse.papers == 0
    assert f"{len(known)} trên {household.reuse.fields} mục" in words(client.get(f"/ho-so/{household.code}/"))

    # The paper of the household business is there when the next procedure wants it, and so is what was said of it.
    client.get(at(FOOD, "to-khai/"))
    assert {"place_name", "province", "ward", "street", "owner_name", "owner_id_number"}.isdisjoint(asked_in(client, FOOD))
    text = words(client.get(html.fromstring(client.get(at(FOOD, "to-khai/")).content).xpath("//ul[@class='tasks']//a/@href")[0]))
    assert f"Hộ kinh doanh Phở Mẫu Theo hồ sơ bạn đã nộp hôm nay ({household.code})." in text

    country, _position = desk_of("G22", "steering")
    page = words(country.get("/dieu-hanh/dung-lai/"))
    assert "100% trong 2 hồ sơ" in page and "mục tiêu: 80%" in page

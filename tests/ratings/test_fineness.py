"""How finely anybody is told: pages, files, API and open data say the same of two worlds that differ in what a person did on a day."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ratings import fineness
from ratings.models import OpenEdition
from ratings.opendata import sources
from ratings.queries import Asked, statistics
from ratings.services import figures
from tests.payments.support import desk_of
from tests.ratings.test_figures import _sent, report

pytestmark = [pytest.mark.requirement("R-05", "R-10")]

BIRTH, STAY = ("1.001193", "LV.ho-tich"), ("1.004222", "LV.cu-tru")
BYS = ("", "agency", "field", "procedure", "channel", "level", "month", "day")

asked = st.builds(
    Asked,
    first=st.dates(dt.date(2025, 1, 1), dt.date(2026, 6, 30)), last=st.dates(dt.date(2026, 7, 1), dt.date(2026, 12, 31)),
    agency=st.sampled_from(["", "H26", "H26.101", "H26.101.5"]), field=st.sampled_from(["", "LV.ho-tich"]),
    procedure=st.sampled_from(["", "1.001193"]), channel=st.sampled_from(["", "2"]), level=st.sampled_from(["", "full"]),
)  # fmt: skip


@given(asked, st.sampled_from(BYS))
def test_a_procedure_of_a_unit_is_told_by_whole_months_and_everything_else_as_asked(question: Asked, by: Any) -> None:
    told, told_by = fineness.for_anybody(question, by)
    assert fineness.for_anybody(told, told_by) == (told, told_by), "once coarse it stays"
    what = bool(question.procedure or question.field) or by in ("procedure", "field")
    of_units = "." in question.agency or (question.agency != "" and by == "agency")
    if not (what and of_units):
        assert (told, told_by) == (question, by)
        assert by == "" or by in fineness.parts(question)
        return
    assert told.first <= question.first and told.first.day == 1
    assert told.last >= question.last and (told.last + dt.timedelta(days=1)).day == 1
    assert replace(told, first=question.first, last=question.last) == question
    assert told_by == ("month" if by == "day" else by)
    is_of_one = "." in question.agency and bool(question.procedure or question.field)
    assert ("day" in fineness.parts(question)) != is_of_one


def world(swapped: bool, minute: int) -> None:
    """Two persons at each of two offices, on two days. In the other world the two at each office asked for what the other one did: nothing
    else differs, whatever is added up over a whole month, over the city, or over procedures."""
    reports = []
    for unit, kinds in (("H26.101", (BIRTH, STAY)), ("H26.202", (STAY, BIRTH))):
        for place, received in enumerate((0, 4)):
            one = report(len(reports) + 1, "10", minute, unit=unit, received=received, due=received + 2, finished=received + 1)
            one.values["procedure_code"], one.values["field_code"] = kinds[place != swapped]
            reports.append(one)
    _sent(*reports)
    figures.fold()


def addresses() -> list[str]:
    """Whatever a stranger may ask of the statistics: spans, places, parts, filters."""
    spans = ("ky=2026-06-24", "tu=2026-05-30&den=2026-06-26")
    places = ("&co-quan=H26", "&co-quan=H26.101")
    parts = ("", *(f"&theo={by}" for by in ("co-quan", "linh-vuc", "thu-tuc", "kenh", "muc-do", "thang", "ngay")))
    filters = ("", "&thu-tuc=1.001193", "&kenh=2&thu-tuc=1.004222", "&muc-do=full&linh-vuc=LV.ho-tich")
    return ["".join(each) for each in itertools.product(spans, places, parts, filters)]


def seen(client: Client) -> dict[str, Any]:
    """All that anybody is told."""
    found: dict[str, Any] = {}
    for query in addresses():
        answer = client.get(f"/thong-ke/so-lieu.json?{query}")
        assert answer.status_code == 200, query
        found[query] = answer.json()
    for query in addresses()[::6]:
        page = client.get(f"/thong-ke/?{query}").content.decode()
        found[f"page {query}"] = re.sub(r"<script.*?</script>|nonce=\"[^\"]*\"", "", page, flags=re.S)
    for by, agency, (first, last) in itertools.product(
        ("agency", "field", "procedure", "channel", "month"), ("", "H26", "H26.101"),
        (("2026-06-24", "2026-06-24"), ("2026-06-26", "2026-06-30"), ("2026-06-01", "2026-06-30")),
    ):  # fmt: skip
        query = f"by={by}&agency={agency}&from={first}&to={last}"
        found[f"api {query}"] = client.get(f"/api/v1/statistics?{query}").json()
    edition = OpenEdition(bundle="ho-so", period="2026-06", kind="m", first=dt.date(2026, 6, 1))
    found["files"] = [row for top in sources.SOURCES["ho-so"].slices(edition) for row in sources.SOURCES["ho-so"].rows(edition, top)]
    assert len(found["files"]) == 4
    return found


@pytest.mark.usefixtures("demo_data")
def test_nobody_learns_who_did_what_on_which_day_and_officers_see_it(client: Client) -> None:
    officer = desk_of("H26", "overseeing")[0]
    own = "/dieu-hanh/thong-ke/so-lieu.json?ky=2026-06-24&co-quan=H26.101&theo=thu-tuc"
    world(swapped=False, minute=0)
    before, by_officer = seen(client), officer.get(own).json()
    world(swapped=True, minute=1)
    after = seen(client)
    for query, told in before.items():
        assert after[query] == told, query
    assert by_officer["items"] != officer.get(own).json()["items"]
    assert [(item["key"], item["received"]) for item in by_officer["items"]] == [("1.001193", 1)]


@pytest.mark.usefixtures("demo_data")
def test_what_is_told_stays_exact_small_numbers_too_and_the_page_says_why_it_is_of_the_month(client: Client) -> None:
    world(swapped=False, minute=0)
    of_unit = client.get("/thong-ke/so-lieu.json?ky=2026-06-24&co-quan=H26.101&theo=thu-tuc").json()
    assert (of_unit["from"], of_unit["to"]) == ("2026-06-01", "2026-06-30")
    assert [(item["key"], item["received"]) for item in of_unit["items"]] == [("1.001193", 1), ("1.004222", 1)]
    api = client.get("/api/v1/statistics?from=2026-06-24&to=2026-06-24&agency=H26.101&by=procedure").json()
    assert (api["counted_from"], api["counted_to"]) == ("2026-06-01", "2026-06-30") and api["items"] == of_unit["items"]
    june = Asked(dt.date(2026, 6, 1), dt.date(2026, 6, 30), agency="H26.101", procedure="1.001193")
    assert statistics(june, today=dt.date(2026, 9, 30)).total.received == 1
    # By day where no procedure is named, or of the whole city.
    for query, received in (
        ("co-quan=H26.101&theo=kenh", 1),
        ("co-quan=H26&theo=thu-tuc", 2),
        ("theo=linh-vuc", 2),
        ("co-quan=H26.101", 1),
    ):
        told = client.get(f"/thong-ke/so-lieu.json?ky=2026-06-24&{query}").json()
        assert (told["from"], told["total"]["received"]) == ("2026-06-24", received), query
    api = client.get("/api/v1/statistics?from=2026-06-24&to=2026-06-24&agency=H26&by=procedure").json()
    assert (api["counted_from"], api["counted_to"], api["total"]["received"]) == ("2026-06-24", "2026-06-24", 2)

    coarse = client.get("/thong-ke/?ky=2026-06-24&co-quan=H26.101&thu-tuc=1.001193&kenh=2&theo=ngay").content.decode()
    assert "được xem theo cả tháng, để không ai suy ra" in coarse and "Tháng 6/2026" in coarse
    links = re.findall(r'<a [^>]*href="(\?[^"]*)"', coarse.split("<main")[1])
    # What only puts the rows in another order keeps the address that was asked.
    assert links and not [link for link in links if "theo=ngay" in link and "thu-tuc=1.001193" in link and "xep=" not in link]
    assert any("theo=kenh" in link for link in links) and '<option value="2" selected>' in coarse
    english = client.get("/en/thong-ke/?ky=2026-06-24&co-quan=H26.101&theo=thu-tuc").content.decode()
    assert "whole month" in english and 'id="do-min"' in english
    plain = client.get("/thong-ke/?ky=2026-06&co-quan=H26.101&theo=thu-tuc").content.decode()
    assert "Số dưới đây vì vậy là của cả tháng" not in plain and "Chia nhỏ đến đâu" in plain
    # A unit on a day, nobody asked for procedures: the day is told.
    unit = client.get("/thong-ke/?ky=2026-06-24&co-quan=H26.101").content.decode()
    assert "Ngày 24/06/2026" in unit and "Số dưới đây vì vậy là của cả tháng" not in unit


@pytest.mark.usefixtures("demo_data")
def test_an_officer_sees_their_agency_and_below_as_finely_as_they_ask_and_no_others(client: Client) -> None:
    world(swapped=False, minute=0)
    _sent(report(9, "4", received=0, due=5, unit="H17.101"))
    page, of_city = "/dieu-hanh/thong-ke/", desk_of("H26", "overseeing")[0]
    answer = of_city.get(f"{page}?ky=2026-06-24&co-quan=H26.101&thu-tuc=1.001193&theo=ngay")
    text = answer.content.decode()
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"] and "Ngày 24/06/2026" in text and "noindex" in text
    assert "theo=ngay" in text and "/dieu-hanh/thong-ke/so-lieu.csv?" in text
    assert "Ủy ban nhân dân thành phố Hà Nội" in of_city.get(page).content.decode(), "their own agency, where none is named"
    assert of_city.get(f"{page}?tu=31/02/2026").status_code == 422
    of_ward = desk_of("H26.101", "overseeing")[0]
    for who, agency in ((of_city, "H17"), (of_city, "H17.101"), (of_ward, "H26"), (of_ward, "H26.202"), (of_city, "Z99")):
        for address in (page, f"{page}so-lieu.csv"):
            assert who.get(f"{address}?co-quan={agency}").status_code == 404, agency
    assert "Cả nước" not in of_ward.get(page).content.decode()
    country = desk_of("G22", "steering")[0]
    assert country.get(f"{page}?co-quan=H17.101&ky=2026-06-24&theo=thu-tuc").status_code == 200
    assert "Cả nước" in country.get(page).content.decode()
    assert client.get(page).status_code == 302 and desk_of("H26.101", "reception")[0].get(page).status_code == 403
    assert f'href="{page}?' in of_city.get("/dieu-hanh/").content.decode()

"""Agencies that are no more: readable as they were, and seen in those that follow them, nothing twice (R-05)."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest
from django.test import Client
from django.utils import timezone

from dossiers.services.national import Report
from portal.catalogues.models import Agency
from ratings.queries import Asked, Figures, statistics
from ratings.services import figures
from ratings.succession import heirs
from tests.ratings.test_figures import START, TODAY, _sent, report

pytestmark = [pytest.mark.requirement("R-05"), pytest.mark.usefixtures("demo_data")]
JUNE = "tu=2026-06-24&den=2026-06-30"
ASKED = Asked(START, TODAY)


def _told(number: int, unit: str, procedure: str = "1.001193") -> Report:
    made = report(number, "10", received=0, due=5, finished=7, unit=unit)
    made.values["procedure_code"] = procedure
    return made


@pytest.fixture
def old_and_new(demo_data: None) -> None:
    """Hậu Giang (H30) went into Cần Thơ (H13) on 1 July 2025, one ward of it into one of H13's; the Ministry of Transport into G17."""
    _sent(
        _told(1, "H30"), _told(2, "H30.5"), _told(3, "H30.5.1", "2.000815"), _told(4, "H30.6"), _told(5, "H13"), _told(6, "H13.7"),
        _told(7, "G04.2"), _told(8, "G17"),
    )  # fmt: skip
    figures.fold()
    _sent(_told(9, "H30.6"), _told(10, "H30.8"), _told(11, "H26.101"))
    day = timezone.localdate()
    above, new = Agency.objects.on(day).get(code="H13"), {"level": "unit", "owner_code": "H13", "effective_from": START, "parent": None}
    ward = Agency.objects.create(code="H13.9", name="UBND phường Mới Lập", **{**new, "parent": above})
    old = Agency.objects.create(code="H30.6", name="UBND xã Cũ", **new)
    Agency.objects.filter(pk=old.pk).update(effective_to=day, successor=ward)


def _lines(agency: str, *, today: bool) -> dict[str, int]:
    found = statistics(Asked(START, TODAY, agency=agency, today=today), by="agency", today=TODAY)
    assert sum((line.figures for line in found.lines), Figures()) == found.total
    return {line.key: line.figures.received for line in found.lines}


@pytest.mark.usefixtures("old_and_new")
def test_figures_of_old_agencies_count_once_where_their_work_is_done_today() -> None:
    assert heirs().of("H30.5.1") == "H13" and heirs().of("H30.6") == "H13.9" and heirs().of("H13.7") == "H13.7"
    assert _lines("", today=False) == {"G04": 1, "G17": 1, "H13": 2, "H26": 1, "H30": 6}
    assert _lines("", today=True) == {"G17": 2, "H13": 8, "H26": 1}
    assert _lines("H13", today=False) == {"H13": 1, "H13.7": 1}
    assert _lines("H13", today=True) == {"H13": 1, "H13.7": 1, "H13.9": 2, "H30": 4}
    assert _lines("H30", today=True) == {} and _lines("H26", today=True) == _lines("H26", today=False)
    assert _lines("H13.9", today=True) == {"H30.6": 2}, "told apart by whom it came from"
    for by in ("", "field", "procedure", "channel", "level", "month", "day"):
        whole = [statistics(Asked(START, TODAY, today=today), by=by, today=TODAY) for today in (False, True)]
        assert whole[0] == whole[1], "the country is what it was"
        found = statistics(Asked(START, TODAY, agency="H13", today=True), by=by, today=TODAY)
        assert (found.total.received, found.total.late) == (8, 8)
        if by == "procedure":
            assert {line.key: line.figures.received for line in found.lines} == {"1.001193": 7, "2.000815": 1}
    only = statistics(Asked(START, TODAY, agency="H13", procedure="2.000815", today=True), by="agency", today=TODAY)
    assert [(line.key, line.figures.received) for line in only.lines] == [("H30", 1)]
    field = statistics(Asked(START, TODAY, agency="H13", field="LV.ho-tich", today=True), by="agency", today=TODAY)
    assert field.total.received == 8
    folded = _lines("H13", today=True)
    while figures.fold():
        pass
    assert _lines("H13", today=True) == folded


@pytest.mark.usefixtures("old_and_new")
def test_page_files_and_api_say_the_same_of_today(client: Client) -> None:
    page = client.get(f"/thong-ke/?{JUNE}").content.decode()
    assert "tỉnh Hậu Giang (nay là Ủy ban nhân dân thành phố Cần Thơ)" in page and "don-vi=hien-nay" in page
    old = client.get(f"/thong-ke/?{JUNE}&co-quan=H30").content.decode()
    assert "Cơ quan này không còn" in old and "co-quan=H13&amp;don-vi=hien-nay" in old
    now = client.get(f"/thong-ke/?{JUNE}&don-vi=hien-nay").content.decode()
    assert "Hậu Giang" not in now.split('id="bang"')[1] and "Cần Thơ" in now
    rows = list(csv.DictReader(io.StringIO(client.get(f"/thong-ke/so-lieu.csv?{JUNE}&don-vi=hien-nay").content.decode("utf-8-sig"))))
    said = Counter({row["Mã"]: int(row["Tiếp nhận"]) for row in rows if row["Mã"]})
    assert said == {"G17": 2, "H13": 8, "H26": 1}
    told = client.get(f"/thong-ke/so-lieu.json?{JUNE}&don-vi=hien-nay").json()
    assert told["agencies"] == "today" and {one["key"]: one["received"] for one in told["items"]} == said
    api = client.get("/api/v1/statistics?from=2026-06-24&to=2026-06-30&agencies=today").json()
    assert {one["key"]: one["received"] for one in api["items"]} == said and api["total"]["received"] == 11
    below = client.get(f"/thong-ke/?{JUNE}&co-quan=H13&don-vi=hien-nay").content.decode()
    assert "tiếp nhận 8 hồ sơ" in below and "co-quan=H30&amp;theo" not in below and "phường Mới Lập" in below

"""/danh-gia/ and /api/v1/scores: the points that the rules give for a plain count, everywhere the same, down to the rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from dossiers.models import NationalDossier
from dossiers.services.national import facts_of
from feedback.models import Petition
from ratings import demo
from ratings.models import RatingCount, ScoreCount
from ratings.score import counting, criteria, queries
from ratings.score.rules import Count, class_of, points_of, total
from ratings.score.sources import Span
from tests.dossiers import support as dossiers
from tests.factories import make_officer_actor
from tests.feedback.support import send_one
from tests.feedback.test_desk import at_desk
from tests.ratings.score.test_tally import NOW, TODAY, _sent, listed, plain, report

pytestmark = [pytest.mark.requirement("R-02", "R-03")]

Q3 = "ky=2026-q2"


def _some() -> None:
    """Six dossiers of two provinces and a ministry, all received in June."""
    criteria.load()
    _sent(
        report(1, "10", received=0, due=5, finished=7, has_digitised_result=True),
        report(2, "10", received=0, due=5, finished=5, channel="1"),
        report(3, "4", received=1, due=90, unit="H26.101", by_population=True), report(4, "4", received=1, due=3, unit="H26.202"),
        report(5, "10", received=1, due=9, finished=2, unit="H17.101", has_fee=True, paid_online="1"), report(6, received=2, unit="G15"),
    )  # fmt: skip
    counting.count_all(now=NOW)


@pytest.fixture
def some(demo_data: None) -> Any:
    """Counted, and read on the day of counting."""
    with time_machine.travel(NOW, tick=False):
        _some()
        yield


def count_in(part: dict[str, Any]) -> Count | None:
    return None if part["numerator"] is None else Count(part["numerator"], part["denominator"])


@pytest.mark.usefixtures("some")
def test_page_api_and_files_say_what_the_rules_give_for_a_plain_count(client: Client) -> None:
    rows = [facts_of(row) for row in NationalDossier.objects.filter(source="H26")]
    span = Span("q", dt.date(2026, 4, 1), NOW)
    said = client.get("/api/v1/scores?year=2026&quarter=2").json()
    assert (said["period"], said["first"], said["last"]) == ("q", "2026-04-01", "2026-06-30")
    versions = {each.code: each for each in criteria.in_force(span.first)}
    assert [each["code"] for each in said["criteria"]] == list(versions)
    ranked: dict[str, list[tuple[int, float]]] = {}
    for item in said["items"]:
        expected = plain(rows, item["agency"], span)
        told = {part["code"]: part for part in item["criteria"]}
        for code, part in told.items():
            source = versions[code].source
            if source in expected:
                assert (part["numerator"], part["denominator"]) == expected[source], (item["agency"], code)
            if not source:
                assert part["points"] is None and code in item["left_out"]
        whole = total(points_of(criteria.rule(versions[code]), count_in(part)) for code, part in told.items())
        assert whole.points is not None and whole.is_rescaled
        assert (Decimal(str(item["points"])), item["grade"]) == (whole.points, class_of(whole.points).value)
        ranked.setdefault(item["kind"], []).append((item["rank"], item["points"]))
        page = unescape(client.get(f"/danh-gia/{item['agency']}/?{Q3}").content.decode())
        assert f"{str(whole.points).replace('.', ',').rstrip('0').rstrip(',')} điểm, xếp loại" in page
    assert {kind: len(found) for kind, found in ranked.items()} == {"provinces": 2, "ministries": 1}
    for found in ranked.values():
        assert found == sorted(found, key=lambda row: (row[0], -row[1])) and found[0][0] == 1
    page = unescape(client.get(f"/danh-gia/?{Q3}").content.decode())
    assert "Ủy ban nhân dân thành phố Đà Nẵng" in page and "Điểm được quy đổi về 100" in page and "1.4 Đồng bộ hồ sơ" in page
    table = list(csv.reader(io.StringIO(client.get(f"/danh-gia/so-lieu.csv?{Q3}").content.decode("utf-8-sig"))))
    by_agency = {row[0]: dict(zip(table[0], row, strict=True)) for row in table[1:]}
    assert by_agency["H26"]["2.1 tử số"] == "2" and by_agency["H26"]["2.1 mẫu số"] == "4"
    sheet = load_workbook(io.BytesIO(client.get(f"/danh-gia/so-lieu.xlsx?{Q3}").content)).active
    assert sheet is not None and sheet.max_row == 4
    assert client.get(f"/danh-gia/so-lieu.json?{Q3}").json() == {**said, "own": None}
    units = client.get("/api/v1/scores?year=2026&quarter=2&agency=H26").json()
    assert [item["agency"] for item in units["items"]] and {item["kind"] for item in units["items"]} == {"units"}
    assert units["own"] == next(item for item in said["items"] if item["agency"] == "H26")


@pytest.mark.usefixtures("some")
@pytest.mark.requirement("R-02")
def test_every_figure_opens_down_to_the_rows_it_counts(client: Client) -> None:
    page = unescape(client.get(f"/danh-gia/H26/2.1/?{Q3}").content.decode())
    assert "20 × 2 : 4 = 10" in page and "Tất cả (4)" in page and "Tính ở tử số (2)" in page and "Không tính ở tử số (2)" in page
    for way, number in (("", 4), ("&loai=dat", 2), ("&loai=chua", 2)):
        shown = client.get(f"/danh-gia/H26/2.1/?{Q3}{way}").content.decode()
        assert len(set(re.findall(r"H26\.101-260624-\d{4}", shown))) == number, way
    assert "H26.101-260624-0003" in client.get(f"/danh-gia/H26.101/2.1/?{Q3}").content.decode()
    assert "H26.101-260624-0004" not in client.get(f"/danh-gia/H26.101/2.1/?{Q3}").content.decode()
    capped = unescape(client.get(f"/danh-gia/H26/3.3/?{Q3}").content.decode())
    assert "6 × 3 : 4 : 0,5 = 6 (nhiều nhất 6)" in capped
    assert "Không phát sinh: được đủ 6 điểm." in unescape(client.get(f"/danh-gia/H26/5.2/?{Q3}").content.decode())
    assert "Không phát sinh: 0 điểm." in unescape(client.get(f"/danh-gia/H26/3.6/?{Q3}").content.decode())
    assert "Chưa có nguồn số liệu nên chưa tính." in unescape(client.get(f"/danh-gia/H26/1.4/?{Q3}").content.decode())
    # Every criterion of every agency: as many rows as it says.
    for row in ScoreCount.objects.filter(period="q", first=dt.date(2026, 4, 1)):
        source = {each.code: each.source for each in criteria.in_force(row.first)}[row.criterion]
        for good, number in ((None, row.denominator), (True, row.numerator), (False, row.denominator - row.numerator)):
            found = listed(source, row.agency, Span("q", row.first, NOW), good, 40)
            assert len(found) == number, (row.agency, row.criterion, good)
        assert client.get(f"/en/danh-gia/{row.agency}/{row.criterion}/?{Q3}").status_code == 200


@pytest.mark.usefixtures("some")
def test_what_is_not_there_is_not_found_and_wrong_parameters_are_told(client: Client) -> None:
    for address in (
        "/danh-gia/?ky=x", "/danh-gia/?ky=2026-11-29", "/danh-gia/?ky=2099", "/danh-gia/?ky=2026-q5", "/danh-gia/Z99/", "/danh-gia/h26/",
        f"/danh-gia/H26/9.9/?{Q3}", f"/danh-gia/H26.101/3.1/?{Q3}", "/danh-gia/H26/2.1/?ky=2025", f"/danh-gia/H26/2.1/?{Q3}&loai=x",
        f"/danh-gia/H26/2.1/?{Q3}&sau=x", f"/danh-gia/H26/2.1/?{Q3}&sau=H26|2026|x", f"/danh-gia/so-lieu.pdf?{Q3}",
        f"/danh-gia/so-lieu.csv?{Q3}&co-quan=Z99", f"/danh-gia/so-lieu.csv?{Q3}&co-quan=%00",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert "Chưa có số liệu" in client.get("/danh-gia/?ky=2001").content.decode()
    assert "chưa có số liệu để chấm điểm" in client.get("/danh-gia/H26/?ky=2025").content.decode()
    for query, status, code in (
        ("year=20226", 422, "invalid_request"), ("month=13", 422, "invalid_request"), ("quarter=1&month=2", 422, "invalid_request"),
        ("agency=Z99", 404, "not_found"), ("year=2099", 404, "not_found"), ("agency=%00", 422, "invalid_request"),
    ):  # fmt: skip
        answer = client.get(f"/api/v1/scores?{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), query
    assert client.get("/api/v1/scores?year=2001").json()["items"] == []


@pytest.mark.django_db
def test_an_empty_database_has_a_page_and_no_ranks(client: Client) -> None:
    assert "Chưa có số liệu" in client.get("/danh-gia/").content.decode()
    assert client.get("/api/v1/scores").json()["items"] == [] == queries.years()
    assert counting.count_all(now=NOW) == 0 and counting.begin() == "0 số đếm điểm đánh giá"


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200, address
    return len(found)


@pytest.mark.usefixtures("some")
def test_pages_ask_as_many_queries_whatever_there_is_and_the_demo_is_lively(client: Client) -> None:
    addresses = ["/danh-gia/?ky=2026", "/danh-gia/H26/?ky=2026", "/danh-gia/H26/2.1/?ky=2026", "/danh-gia/H26/3.2/?ky=2026",
                 "/danh-gia/H26/5.2/?ky=2026", "/api/v1/scores?year=2026&agency=H26", "/danh-gia/so-lieu.csv?ky=2026"]  # fmt: skip
    before = [_queries(client, each) for each in addresses]
    demo.load()
    counting.count_all(now=NOW)
    after = [_queries(client, each) for each in addresses]
    # One more where there is a history to draw; never more with more rows.
    assert max(after) <= 14 and all(more - less <= 2 for less, more in zip(before, after, strict=True)), (before, after)
    provinces = queries.scores("y", dt.date(2026, 1, 1)).of(queries.PROVINCES)
    assert [score.rank for score in provinces][:3] == [1, 2, 3] and len({score.points for score in provinces}) >= 6
    assert len({score.grade for score in provinces}) >= 2
    assert len(queries.history("H26", upto=TODAY)) > 6


@pytest.mark.usefixtures("some")
def test_what_a_petition_complains_of_is_not_content(client: Client) -> None:
    petition, _ = send_one(now=NOW)
    Petition.objects.filter(pk=petition.pk).update(dossier_code="H26.101-260624-0002")
    counting.count_all(now=NOW)
    row = ScoreCount.objects.get(period="q", first=dt.date(2026, 4, 1), agency="H26", criterion="5.4")
    assert (row.numerator, row.denominator) == (1, 4)
    span = Span("q", dt.date(2026, 4, 1), NOW)
    assert ("H26.101-260624-0002", False) in listed("dossiers_satisfied", "H26", span, False, 2)
    assert len(listed("dossiers_satisfied", "H26", span, False, 2)) == 3
    # Slips know no dossier: those that found the service bad are taken off by their number, never below nothing.
    for disliked, left in ((1, 0), (7, 0), (0, 1)):
        RatingCount.objects.update_or_create(
            source="d", grain="t", place="H26", parent="", period="m", day=dt.date(2026, 6, 1), question="overall", field_code="",
            procedure_code="", defaults={"s1": disliked, "s5": 9},
        )  # fmt: skip
        counting.count_all(now=NOW)
        row.refresh_from_db()
        assert (row.numerator, row.denominator) == (left, 4)
        page = unescape(client.get(f"/danh-gia/H26/5.4/?{Q3}").content.decode())
        assert (f"Tử số đã trừ thêm {disliked} phiếu đánh giá chê." in page) == bool(disliked)


@pytest.mark.usefixtures("demo_data")
def test_an_officer_opens_the_dossiers_of_their_own_agency_on_the_desk_and_nobody_elses() -> None:
    dossier = dossiers.received(make_officer_actor())
    now = timezone.now()
    criteria.load()
    counting.count_all(now=now)
    assert dossier.received_at is not None
    address = f"/danh-gia/H26.101/2.1/?ky={timezone.localdate(dossier.received_at).year}"
    link = f"/quan-tri/dossiers/dossier/{dossier.pk}/change/"
    mine, neighbour = at_desk("H26.101", "handling"), at_desk("H26.202", "handling")
    for client in (mine, neighbour, Client()):
        page = client.get(address).content.decode()
        assert str(dossier.code) in page and (link in page) == (client is mine)

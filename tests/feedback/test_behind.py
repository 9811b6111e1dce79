"""The lists behind the numbers of the overview: each number opens the list of what it counts, and the two agree."""

from __future__ import annotations

import datetime as dt
import html as entities
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from feedback import queries_behind, queries_figures
from feedback.measures import processed_on_time, satisfied
from feedback.models import FinishedRound, Petition
from feedback.queries_behind import FIGURES, Of, behind
from feedback.services import answering, handling, routing
from feedback.services import figures as kept
from feedback.services.secrets import seal_away
from portal.catalogues.queries import agency_names
from tests.factories import make_position, sign_in
from tests.feedback.support import answered, officer, received, send_one
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("F-08", "F-13")]

OVERVIEW = "/quan-tri/feedback/tally/"
LIST = f"{OVERVIEW}danh-sach/"


def ago(**since: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**since)


def at_desk(unit: str, *roles: str) -> Client:
    client, position = Client(), make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return client


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, (response.status_code, response.content.decode()[:300])
    return entities.unescape(response.content.decode())


def _played() -> dict[str, Petition]:
    """Petitions that ended or stand in every way, over the last months."""
    on_time, _ = send_one(now=ago(days=100))
    answered(on_time, now=ago(days=95))
    late, _ = send_one(now=ago(days=100), unit="H26.102")
    answered(late, unit="H26.102", now=ago(days=62))
    refused, _ = send_one(now=ago(days=40))
    handling.refuse(actor=officer(), petition_id=refused.pk, reason="content", words="Không rõ.", now=ago(days=39))
    again, sender = send_one(now=ago(days=80))
    answered(again, now=ago(days=70))
    answering.rate(actor=sender, petition_id=again.pk, helps=False, words="Chưa đúng việc tôi hỏi.", now=ago(days=69))
    answering.disagree(actor=sender, petition_id=again.pk, words="Vẫn chưa trả giấy.", now=ago(days=35))
    # Sent back to where it was answered first: both rounds are of one unit.
    top = officer("G22")
    routing.transfer(actor=top, petition_id=again.pk, unit_code="H26.101", reason="Trả lời lại.", now=ago(days=34))
    open_late, _ = send_one(now=ago(days=75))
    received(open_late, officer(), now=ago(days=74))
    fresh, _ = send_one(now=ago(hours=2), unit="H26.102")
    ministry, _ = send_one(now=ago(days=50), unit="G15")
    secret, _ = send_one(now=ago(days=45))
    seal_away(actor=officer(), petition_id=secret.pk, basis="Số 1/QĐ", now=ago(days=44))
    withdrawn, sender = send_one(now=ago(days=30))
    handling.withdraw(actor=sender, petition_id=withdrawn.pk, now=ago(days=29))
    return {"on_time": on_time, "late": late, "refused": refused, "again": again, "open_late": open_late, "fresh": fresh,
            "ministry": ministry, "secret": secret, "withdrawn": withdrawn}  # fmt: skip


def _months() -> list[tuple[dt.date, dt.date]]:
    """The last months and this year, each to its end or to today."""
    today, found = timezone.localdate(), []
    first = today.replace(day=1)
    for _back in range(6):
        following = (first + dt.timedelta(days=32)).replace(day=1)
        found.append((first, min(following - dt.timedelta(days=1), today)))
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return [*found, (today.replace(month=1, day=1), today)]


@pytest.mark.parametrize("folded", [False, True])
def test_each_list_has_as_many_rounds_as_the_number_says(folded: bool) -> None:
    _played()
    while folded and kept.fold():
        pass
    now = timezone.now()
    shown: set[str] = set()
    for first, last in _months():
        for code, counts in queries_figures.by_agency(first, last).items():
            for number in FIGURES:
                found = behind(number, Of(agency=code), first, last, now)
                assert found.count() == (getattr(counts, number), True), (number, code, first, last)
                shown |= {number} if found.count()[0] else set()
    assert shown == set(FIGURES)
    first, last = _months()[-1]
    for agency in ("", "H26", "H26.101", "G22"):
        for name, measure in (("5.2", processed_on_time(agency, first, last, now)), ("5.3", satisfied(agency, first, last))):
            good, counted = measure.numerator, measure.denominator
            for side, number in (("", counted), ("-dat", good), ("-chua", counted - good)):
                assert behind(name + side, Of(agency=agency), first, last, now).count() == (number, True), (name, side, agency)


def _standing(unit: str, last: dt.date) -> tuple[int, int]:
    """How many rounds of a unit were open, and overdue, at the end of a day: read from the rows, not from the tallies."""
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), timezone.get_current_timezone())
    rounds = list(Petition.objects.filter(unit_code=unit).values_list("received_at", "ended_at", "due_at"))
    rounds += FinishedRound.objects.filter(unit_code=unit).values_list("received_at", "answered_at", "due_at")
    held = [due for begin, ended, due in rounds if begin < end and (ended is None or ended >= end)]
    return len(held), sum(timezone.localdate(due) < last for due in held)


@pytest.mark.requirement("F-05")
def test_what_a_unit_held_in_a_past_time_is_told_of_then_and_today_of_today() -> None:
    _played()
    vpcp, today = at_desk("G22", "steering"), timezone.localdate()
    names = agency_names(["H26.101", "H26.102"])
    told = []
    for _first, last in _months():
        page = text(vpcp.get(OVERVIEW, {"co-quan": "H26", "ky": f"{last:%Y-%m}"}))
        assert f"là số cuối ngày {last:%d/%m/%Y}" in page
        found = dict(re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', page))
        for unit, name in names.items():
            cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", found.get(name, ""))]
            expected = _standing(unit, last)
            assert tuple(cells[3:5]) == tuple(map(str, expected)) if cells else expected == (0, 0), (unit, last)
            told.append((last == today, expected))
    assert {is_now for is_now, (held, overdue) in told if held and overdue} == {True, False}
    # A day within a month is not asked here: tallies of units are of whole months.
    assert f"là số cuối ngày {today:%d/%m/%Y}" in text(vpcp.get(OVERVIEW, {"co-quan": "H26", "ngay": f"{today:%Y}-01-01"}))


def _links(page: str) -> set[tuple[str, str]]:
    """Links to lists with the number they stand on."""
    found = re.findall(r'<a href="(/quan-tri/feedback/tally/danh-sach/[^"]+)">(?:<strong>)?([\d.]+)', page)
    return {(address, number) for address, number in found}


def test_every_number_of_the_overview_opens_its_list_and_the_page_agrees() -> None:
    rows = _played()
    vpcp = at_desk("G22", "steering")
    year = timezone.localdate().year
    numbers: set[str] = set()
    for query in ("", "co-quan=H26&diem=1"):
        for _first, last in _months():
            for address, number in _links(text(vpcp.get(f"{OVERVIEW}?ky={last:%Y-%m}&{query}"))):
                page = text(vpcp.get(address))
                assert re.search(rf"<strong>{re.escape(number)}</strong> của", page), (address, number)
                listed = re.findall(r'href="/quan-tri/feedback/petition/[0-9a-f-]+/change/">(PA\w+(?:, lần \d)?)<', page)
                assert len(set(listed)) == len(listed) == int(number), address
                numbers |= set(parse_qs(urlsplit(address).query)["so"])
    assert set(FIGURES) <= numbers and {"5.2", "5.2-chua", "5.3", "5.3-dat"} <= numbers
    # The round that ended so stays with who answered; the next is told apart.
    again = rows["again"]
    month = f"{ago(days=35):%Y-%m}"
    page = text(vpcp.get(LIST, {"so": "again", "don-vi": "H26.101", "ky": month}))
    assert f">{again.code}<" in page and "Đã trả lời, người gửi không đồng ý" in page
    page = text(vpcp.get(LIST, {"so": "open", "don-vi": "H26.101", "ky": str(year)}))
    assert f">{again.code}, lần 2<" in page and "Mở trong hàng việc để xử lý" in page
    assert "Mở trong hàng việc" not in text(vpcp.get(LIST, {"so": "open", "don-vi": "H26.101", "ky": f"{ago(days=70):%Y-%m}"}))


def test_a_list_has_pages_of_constant_cost_and_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    vpcp = at_desk("G22", "steering")
    first, sender = send_one(now=ago(minutes=59), unit="G09")
    answered(first, unit="G09", now=ago(minutes=58))
    answering.disagree(actor=sender, petition_id=first.pk, words="Chưa đúng.", now=ago(minutes=57))
    query = {"so": "received", "co-quan": "G09", "ky": str(timezone.localdate().year)}
    vpcp.get(LIST, query)
    with CaptureQueriesContext(connection) as one:
        vpcp.get(LIST, query)
    sent = [send_one(now=ago(minutes=10 + number), unit="G09")[0] for number in range(8)]
    with CaptureQueriesContext(connection) as many:
        page = text(vpcp.get(LIST, query))
    assert len(many) == len(one) <= 20, [query["sql"][:150] for query in many]
    assert all(row.code in page for row in sent)
    monkeypatch.setattr(queries_behind.Behind.page, "__defaults__", ("", 4))
    seen: list[str] = []
    address = f"{LIST}?so=received&co-quan=G09&ky={timezone.localdate().year}"
    while address:
        page = text(vpcp.get(address))
        seen += re.findall(r"/change/\">(PA\w+)", page)
        following = re.search(r'href="(\?[^"]*)" rel="next"', page)
        address = f"{LIST}{following[1]}" if following else ""
    assert seen == [*(row.code for row in sent), first.code], "the newest first, the finished round too, none twice"
    assert "Về đầu danh sách" in page


def test_a_list_is_for_who_sees_the_number() -> None:
    send_one(now=ago(minutes=3))
    query = {"so": "received", "ky": str(timezone.localdate().year)}
    ward, city = at_desk("H26.101", "petition_handling"), at_desk("H26", "petition_handling")
    assert text(ward.get(LIST, {**query, "don-vi": "H26.101"})) and text(city.get(LIST, {**query, "don-vi": "H26.101"}))
    assert text(city.get(LIST, {**query, "co-quan": "H26"}))
    none: list[tuple[Client, dict[str, str]]] = [(ward, {"co-quan": "H26"}), (ward, {"don-vi": "H26.10"}), (ward, {})]
    none += [(city, {"co-quan": "H2"}), (city, {"co-quan": "G15"})]
    for client, whose in none:
        assert client.get(LIST, {**query, **whose}).status_code == 404, whose
    assert at_desk("H26.101", "reception").get(LIST, {**query, "don-vi": "H26.101"}).status_code == 403
    vpcp = at_desk("G22", "steering")
    for wrong in (
        {"so": "x"}, {"so": "withdrawn"}, {"so": "5.2-"}, {"so": "5.2", "don-vi": "H26.101"}, {"ky": "2026-13"}, {"ky": "3000"},
        {"sau": "x"}, {"sau": "2026-01-01T00:00:00+07:00~x~1"}, {"sau": "2026-01-01T00:00:00~00000000-0000-0000-0000-000000000000~1"},
        {"sau": "a~b~c~d"}, {"co-quan": "x" * 41}, {"co-quan": "\0"},
    ):  # fmt: skip
        assert vpcp.get(LIST, {**query, **wrong}).status_code == 404, wrong
    assert "của cả nước" in text(vpcp.get(LIST, query)) and "Không có phản ánh nào." in text(vpcp.get(LIST, {**query, "co-quan": "G99"}))

"""Figures: whatever is done to petitions and in whatever order, what is kept as counted is what a count of the petitions gives."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback import queries_figures as read
from feedback.figures import NOW, STANDING, cells_of
from feedback.models import Petition, Tally, TallyDelta
from feedback.services import PetitionRefused, answering, handling, publishing, routing
from feedback.services import figures as kept
from feedback.services.secrets import seal_away
from tests.feedback.support import MONDAY, answered, later, officer, received, send_one

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("F-13")]

ACTS = (
    "receive", "ask", "supply", "transfer", "submit", "return", "approve", "rate", "disagree", "publish", "unpublish", "withdraw", "refuse",
    "secret", "fold", "progress", "keep", "answer",
)  # fmt: skip


def _expected() -> Counter[tuple[Any, ...]]:
    """What the petitions say, by grain, read by the function that acts use, and summed here in Python."""
    found: Counter[tuple[Any, ...]] = Counter()
    for petition in Petition.objects.all():
        for (day, agency, unit, kind, sector, procedure, measure), number in cells_of(petition).items():
            month = day.replace(day=1)
            rows = [
                ("month", month, agency, "", "", "", ""),
                ("month", month, "", "", "", "", ""),
                ("year", dt.date(day.year, 1, 1), agency, "", "", "", ""),
                ("year", dt.date(day.year, 1, 1), "", "", "", "", ""),
                ("unit", month, agency, unit, "", "", ""),
            ]
            if measure not in STANDING.values():
                rows += [("day", day, code, "", "", "", "") for code in (agency, "")]
                rows += [("kind", month, code, "", kind, "", "") for code in (agency, "")]
                rows += [("sector", month, code, "", "", sector, "") for code in (agency, "") if sector]
            if procedure and measure == "received":
                rows += [("proc", month, code, "", "", "", procedure) for code in (agency, "")]
            for row in rows:
                found[(*row, measure)] += number
    return found


def _asked_for_any_days() -> None:
    """Whatever first of a month and last day are asked for, whichever periods make them up: what adding up the petitions gives."""
    every: Counter[tuple[dt.date, str]] = Counter()
    for petition in Petition.objects.all():
        for (day, _agency, _unit, _kind, _sector, _procedure, measure), number in cells_of(petition).items():
            every[day, measure] += number
    for first in (dt.date(MONDAY.year, 1, 1), MONDAY.date().replace(day=1), dt.date(MONDAY.year + 1, 1, 1)):
        for days in (0, 1, 9, 14, 15, 16, 27, 30, 60, 400):
            last = first + dt.timedelta(days=days)
            counts = read.whole(first, last)
            within = Counter(dict.fromkeys((measure for _day, measure in every), 0))
            for (day, measure), number in every.items():
                within[measure] += number * (first <= day <= last)
            assert {m: counts.within.get(m, 0) for m in within} == within, (first, last)
            assert counts.ever.get("due", 0) == sum(number for (day, m), number in every.items() if m == "due" and day <= last)


def _kept() -> Counter[tuple[Any, ...]]:
    rows = Tally.objects.exclude(number=0).values_list(
        "grain", "day", "agency_code", "unit_code", "kind", "sector_code", "procedure_code", "measure", "number"
    )
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


def _act(name: str, petition: Petition, sender: Any, now: dt.datetime) -> None:
    """Try one act as somebody who may; what the state does not allow is refused."""
    unit = petition.unit_code
    key: dict[str, Any] = {"petition_id": petition.pk, "now": now}
    match name:
        case "receive":
            received(petition, officer(unit), now=now)
        case "ask":
            handling.ask_more(actor=officer(unit), question="Khi nào?", **key)
        case "supply":
            handling.supply(actor=sender, words="Hôm qua.", **key)
        case "transfer":
            routing.transfer(actor=officer(unit), unit_code="H26.102" if unit != "H26.102" else "G01", reason="Đúng nơi.", **key)
        case "submit":
            answering.submit_answer(actor=officer(unit), words="Đã làm xong.", outcome_on=now.date(), **key)
        case "return":
            answering.return_answer(actor=officer(unit), reason="Chưa rõ.", **key)
        case "approve":
            answering.approve(actor=officer(unit), **key)
        case "rate":
            answering.rate(actor=sender, helps=now.second % 2 == 0, words="", **key)
        case "disagree":
            answering.disagree(actor=sender, words="Chưa đúng.", **key)
        case "publish":
            texts = {"title": "Trả kết quả khai sinh chậm", "question": "Đến nay chưa có kết quả.", "answer": "Đã trả kết quả."}
            publishing.publish(actor=officer(unit), **texts, left=(), show_name=False, **key)
        case "unpublish":
            publishing.withdraw_published(actor=officer(unit), reason="Sai.", **key)
        case "withdraw":
            handling.withdraw(actor=sender, **key)
        case "refuse":
            handling.refuse(actor=officer(unit), reason="content", words="Không rõ.", **key)
        case "secret":
            seal_away(actor=officer(unit), basis="CV 01", **key)
        case "keep":
            publishing.keep_unpublished(actor=officer(unit), reason="Chuyện riêng.", **key)
        case "answer":
            received(petition, officer(unit), now=now)
            answering.submit_answer(actor=officer(unit), words="Đã làm xong.", outcome_on=now.date(), **key)
            answering.approve(actor=officer(unit), **key)
        case "progress":
            answering.report_progress(actor=officer(unit), words="Đang làm.", **key)
        case "fold":
            kept.fold()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(ACTS), st.integers(0, 12)), min_size=4, max_size=14))
def test_whatever_is_done_the_tallies_are_a_count_of_the_petitions(acts: list[tuple[int, str, int]]) -> None:
    with transaction.atomic():
        both = [send_one(), send_one(now=later(MONDAY, days=1), unit="H26.102")]
        now = later(MONDAY, days=1)
        for which, name, days in acts:
            now = later(now, days=days, seconds=1)
            petition = Petition.objects.get(pk=both[which][0].pk)
            if petition.state == "secret":
                continue
            with suppress(PetitionRefused), transaction.atomic():
                _act(name, petition, both[which][1], now)
        # An independent reading in SQL finds nothing to mend, folded or not.
        assert [kept.check(code, mend=False) for code in kept.agencies()] == [0] * len(kept.agencies())
        while kept.fold():
            pass
        assert not TallyDelta.objects.exists()
        assert _kept() == +_expected()
        assert kept.check("", mend=False) == 0
        _asked_for_any_days()
        transaction.set_rollback(True)


def _sum(measure: str, **cell: str) -> int:
    return sum(Tally.objects.filter(grain="month", measure=measure, **cell).values_list("number", flat=True))


def test_an_answer_the_sender_did_not_agree_with_stays_with_the_agency_that_gave_it() -> None:
    petition, sender = send_one()
    answered(petition)
    key: dict[str, Any] = {"petition_id": petition.pk, "now": later(MONDAY, days=1)}
    _act("publish", petition, sender, key["now"])
    kept.fold()
    assert _sum("published", agency_code="H26") == 1
    answering.disagree(actor=sender, words="Chưa đúng.", **key)
    kept.fold()
    ward = {name: _sum(name, agency_code="H26") for name in ("received", "on_time", "again", "helps_not", "published")}
    assert ward == {"received": 1, "on_time": 1, "again": 1, "helps_not": 1, "published": 1}, "the answer is public still"
    assert {name: _sum(name, agency_code="G22") for name in ("received", "in_new", "again")} == {"received": 1, "in_new": 1, "again": 0}
    assert Tally.objects.get(grain="unit", unit_code="H26.101", measure="again").number == 1
    petition.refresh_from_db()
    answered(petition, unit="G22", now=later(MONDAY, days=2))
    _act("publish", petition, sender, later(MONDAY, days=3))
    kept.fold()
    assert (_sum("published", agency_code="H26"), _sum("published", agency_code="G22"), _sum("on_time", agency_code="G22")) == (0, 1, 1)
    assert _sum("on_time", agency_code="H26") == 1
    assert [kept.check(code, mend=False) for code in kept.agencies()] == [0] * len(kept.agencies())
    assert _kept() == +_expected()


def test_a_figure_that_went_wrong_is_found_and_mended() -> None:
    send_one()
    kept.fold()
    Tally.objects.filter(grain="month", agency_code="H26", measure="received").update(number=7)
    Tally.objects.create(grain="kind", day=dt.date(2026, 1, 1), agency_code="G01", kind="khac", measure="late", number=3)
    with pytest.raises(CommandError):
        call_command("recompute_petition_figures", "--check", stdout=StringIO())
    said = StringIO()
    call_command("recompute_petition_figures", stdout=said)
    assert "H26: 1" in said.getvalue() and "G01: 1" in said.getvalue()
    assert _kept() == +_expected()
    call_command("recompute_petition_figures", "--check", stdout=StringIO())


def test_what_stands_now_is_counted_by_state() -> None:
    petition, _sender = send_one()
    kept.fold()
    assert Tally.objects.get(grain="month", agency_code="", measure="in_new", day=NOW).number == 1
    received(petition, officer())
    kept.fold()
    rows = dict(Tally.objects.filter(grain="month", agency_code="", day=NOW).values_list("measure", "number"))
    assert rows == {"in_new": 0, "in_process": 1}

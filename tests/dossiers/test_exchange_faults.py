"""What goes wrong at the doors: random order, two who report one dossier, floods of bad rows, credentials taken back, clocks (X-03)."""

from __future__ import annotations

import datetime as dt
import random
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dossiers.exchange import intake
from dossiers.exchange.reading import PROBLEMS, read_modern, read_modern_step, read_standard, read_standard_step
from dossiers.models import NationalDossier, NationalStep
from dossiers.services.national import Report, facts_of
from portal.access import SYSTEM
from portal.exchange.partners import services
from portal.exchange.partners.models import Partner, PartnerDay, PartnerRefusal
from portal.simulators.province import Life, spoiled, year
from portal.workdays import ZONE
from ratings.models import DossierDelta
from ratings.queries import Asked, statistics
from ratings.services import figures
from tests.exchange.plain import counted
from tests.exchange.support import batch, make_partner, national, session_of
from tests.support.queries import CaptureQueriesContext

UNTIL = dt.datetime(2026, 11, 20, 17, 0, tzinfo=ZONE)
Sent = tuple[str, Life, tuple[str, dict[str, dt.datetime]]]


class TestDoors(TestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.integers(0, 100_000), st.randoms(use_true_random=False))
    @pytest.mark.requirement("X-03", "R-05")
    def test_whatever_comes_when_and_by_which_door_the_figures_are_those_of_a_plain_count(self, seed: int, dice: random.Random) -> None:
        lives: list[Life] = []
        waiting: list[Sent] = []
        for code in ("H26", "H27"):
            make_partner(code)
            some = list(year(dice.randint(1, 12), until=UNTIL, seed=seed, province=code, communes=3))
            lives += some
            waiting += [(code, life, report) for life in some for report in life.reports]
        make_partner("H26-hai", units=["H26"])
        make_partner("H26-thu", units=["H26"], is_test=True)
        waiting += dice.choices(waiting, k=len(waiting) // 2)
        dice.shuffle(waiting)
        if dice.random() < 0.5:
            _take("H26-thu", [one for one in waiting if one[0] == "H26"][:20], dice)
        reported: set[str] = set()
        while waiting:
            size = dice.randint(1, 20)
            now, waiting = waiting[:size], waiting[size:]
            for code in ("H26", "H27"):
                own = [one for one in now if one[0] == code]
                if own:
                    _take(code, own, dice)
                    reported |= {life.code for _, life, _ in own}
            # Somebody else reports what belongs to another: nothing comes of it.
            foreign = [one for one in now if one[0] == "H26" and one[1].code in reported]
            assert set(_take("H26-hai", foreign, dice)) <= {"refused"}
            if dice.random() < 0.3:
                figures.fold()
        kept = dict(NationalDossier.objects.values_list("code", "state"))
        assert kept == {life.code: life.reports[-1][0] for life in lives} and not NationalDossier.objects.filter(is_test=True).exists()
        assert figures.recount(mend=False) == (0, None)
        today = UNTIL.date()
        for first, last in ((dt.date(2025, 11, 1), today), (dt.date(2026, 3, 1), dt.date(2026, 3, 31)), (today, today)):
            expected = counted(lives, str(first), str(last), str(today), lambda life: life.code[:3]).get("H26", {})
            found = statistics(Asked(first, last, agency="H26"), today=today).total
            assert (found.received, found.late, found.overdue, found.pending) == (
                expected.get("received", 0), expected.get("resolved_late", 0), expected.get("pending_overdue", 0),
                expected.get("pending_overdue", 0) + expected.get("pending_in_time", 0),
            )  # fmt: skip


def _take(code: str, sent: list[Sent], dice: random.Random) -> list[str]:
    """By one door or the other, with a bad row among them; what became of the good ones."""
    if not sent:
        return []
    modern = dice.random() < 0.5
    rows = [(life.modern if modern else life.standard)(*report) for _, life, report in sent]
    steps = [life.step(*report, modern=modern) for _, life, report in sent]
    answers, told = intake.take(
        Partner.objects.get(pk=code), rows=[*rows, spoiled(rows[0], dice.randint(0, 7), modern=modern)], steps=steps,
        row_reader=read_modern if modern else read_standard, step_reader=read_modern_step if modern else read_standard_step, now=UNTIL,
    )  # fmt: skip
    assert answers[-1].outcome == "refused" and {one.outcome for one in told} == {"taken"}
    return [answer.outcome for answer in answers[:-1]]


@pytest.mark.requirement("X-03")
@pytest.mark.usefixtures("db")
def test_bad_rows_by_the_thousand_are_cheap_counted_and_limited() -> None:
    password = make_partner(calls_per_minute=180)
    now = timezone.now().isoformat()
    kinds: list[dict[str, Any]] = [
        {}, {"code": "H26.1-20226-1"}, {"code": "H27.1-261101-0001"}, {"code": [[[["x"]]]]}, {"code": "H26.1-261101-0001", "state": "77"},
        {"code": "H26.1-261101-0001", "submitted_at": "20226-11-30T08:30:00+07:00"}, {"x" * 900: 1}, {"code": "\x00" * 60},
        {"code": "H26.1-261101-0001", "state": "1", "channel": "1", "procedure_code": "1.001193", "submitted_at": now, "received_at": now},
        {"supplements": [{}] * 300},
    ]  # fmt: skip
    bad = {"rows": kinds * 100}
    batch("H26", password, rows=[])
    with CaptureQueriesContext(connection) as few:
        assert batch("H26", password, rows=kinds).json()["counts"] == {"refused": len(kinds)}
    with CaptureQueriesContext(connection) as many:
        batch("H26", password, **bad)
    assert len(many) == len(few), "a thousand cost as many queries as ten"
    sent = 0
    answer = None
    while sent < 27 and (answer := batch("H26", password, **bad)).status_code == 200:
        sent += 1
    assert sent >= 25
    while answer is not None and answer.status_code == 200:
        answer = batch("H26", password, rows=[])
        sent += 1
        assert sent < 200, "somewhere it ends"
    assert answer is not None and answer.status_code == 429 and int(answer["Retry-After"]) >= 1
    assert not NationalDossier.objects.exists() and not NationalStep.objects.exists() and not DossierDelta.objects.exists()
    assert PartnerDay.objects.get().rows_refused >= 25_000
    reasons = set(PartnerRefusal.objects.values_list("reason", flat=True))
    assert reasons <= set(PROBLEMS) and PartnerRefusal.objects.count() == len(reasons), "a row for a reason, whatever was sent"


@pytest.mark.requirement("X-01", "X-03")
@pytest.mark.usefixtures("db")  # by its fixture, so that limits of other tests are gone, too
def test_a_credential_taken_back_in_the_middle_ends_both_doors_and_what_was_acknowledged_stays() -> None:
    password = make_partner()
    session = session_of("H26", password)
    lives = list(year(20, until=timezone.now(), seed=2))
    rows = [life.modern(*life.reports[-1]) for life in lives]
    assert batch("H26", password, key="dem-1", rows=rows[:10]).json()["counts"] == {"new": 10}
    services.suspend(code="H26", reason="Nghi lộ mật khẩu", actor=SYSTEM, now=timezone.now())
    for again in (batch("H26", password, key="dem-1", rows=rows[:10]), batch("H26", password, rows=rows[10:])):
        assert again.status_code == 401 and rows[0]["code"] not in again.content.decode()
    items = [life.standard(*life.reports[-1]) for life in lives[10:]]
    assert national(session, "DongBoHoSoMC", data=items).json()["error_code"] == 401
    assert NationalDossier.objects.count() == 10
    services.readmit(code="H26", actor=SYSTEM)
    fresh = services.new_password(code="H26", actor=SYSTEM, now=timezone.now(), end_others=True).password
    assert batch("H26", password, rows=rows).status_code == 401, "the stolen one is over"
    assert batch("H26", fresh, key="dem-1", rows=rows[:10]).json()["counts"] == {"new": 10}, "the first answer again"
    assert batch("H26", fresh, rows=rows).json()["counts"] == {"same": 10, "new": len(rows) - 10}


@pytest.mark.requirement("X-03")
@pytest.mark.usefixtures("committed_db")
def test_two_at_once_for_the_same_dossiers_in_any_order_and_each_has_one_owner() -> None:
    lives = list(year(300, until=timezone.now(), seed=6))
    partners = {code: make_partner(code, units=["H26"]) for code in ("H26", "H26-hai")}
    answers: dict[str, Any] = {}
    together = threading.Barrier(2)

    def send(code: str, password: str) -> None:
        rows = [life.modern(*life.reports[-1]) for life in lives]
        steps = [life.step(*life.reports[0], modern=True) for life in lives]
        random.Random(code).shuffle(rows)
        random.Random(code).shuffle(steps)
        together.wait()
        answers[code] = batch(code, password, rows=rows, steps=steps)
        connections.close_all()

    threads = [threading.Thread(target=send, args=item) for item in partners.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    counts = [answers[code].json()["counts"] for code in partners]
    assert sum(count.get("new", 0) for count in counts) == len(lives) == NationalDossier.objects.count()
    assert sum(count.get("refused", 0) for count in counts) == len(lives)
    assert figures.recount(mend=False) == (0, None)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-15T23:30:00Z", dt.date(2026, 11, 16)),
        ("2026-11-16T00:30:00+14:00", dt.date(2026, 11, 15)),
        ("2026-11-15T12:00:00-12:00", dt.date(2026, 11, 16)),
        ("2026-11-16 00:00:00.000001+07:00", dt.date(2026, 11, 16)),
        ("2026-11-15T23:59:59.999999+07:00", dt.date(2026, 11, 15)),
        ("2026-11-16T23:59:60+07:00", None),
        ("2026-11-16T24:00:00+07:00", None),
        ("2026-11-16T08:00:00+25:00", None),
        ("2026-11-16T08:00:00", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2026-02-29T08:00:00+07:00", None),
        ("20226-11-16T08:00:00+07:00", None),
        (1_763_254_800, None),
        (True, None),
    ],
)
def test_moments_of_any_zone_are_days_of_vietnam_and_what_is_none_is_refused(written: Any, day: dt.date | None) -> None:
    row = {"code": "H26.1-261115-0001", "procedure_code": "1.001193", "channel": "1", "state": "2", "submitted_at": written,
           "received_at": written}  # fmt: skip
    reading = read_modern(row, units=["H26"], now=UNTIL)
    if day is None:
        assert reading.said is None and {(one.field, one.code) for one in reading.problems} <= {
            ("submitted_at", "bad_date"), ("received_at", "bad_date"),
        }  # fmt: skip
        return
    assert isinstance(reading.said, Report), reading.problems
    values = {**reading.said.values, "year": 2026, "code": reading.said.code, "agency_code": "H26"}
    assert facts_of(NationalDossier(**values)).received_on == day


@pytest.mark.parametrize(("ahead", "code"), [(dt.timedelta(hours=23), ""), (dt.timedelta(hours=25), "future")])
def test_a_clock_that_goes_before_ours_is_borne_for_a_day(ahead: dt.timedelta, code: str) -> None:
    at = (UNTIL + ahead).strftime("%Y%m%d%H%M%S")
    row = {"MaHoSo": "H26.1-261120-0001", "MaTTHC": "1.001193", "KenhThucHien": "1", "TrangThaiHoSo": "2", "NgayNopHoSo": at,
           "NgayTiepNhan": at}  # fmt: skip
    problems = read_standard(row, units=["H26"], now=UNTIL).problems
    assert {one.code for one in problems} == ({code} if code else set())
    assert not read_standard(row, units=["H26"], now=UNTIL + ahead).problems, "sent again later it is no problem any more"

"""Sources beside the dossiers' tally: procedures of an agency on a day, petitions of an agency and those above."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from feedback import measures
from portal.catalogues.models import Agency
from portal.workdays import ZONE
from procedures.models import FeeLine, OnlineService, ProcedureVersion
from ratings.score.folding import fold
from ratings.score.sources import SOURCES, Span
from tests.feedback.support import answered, send_one
from tests.ratings.score.test_tally import NOW, _sent, listed, report

pytestmark = [pytest.mark.requirement("R-02"), pytest.mark.usefixtures("demo_data")]

SPAN = Span("m", dt.date(2026, 6, 1), NOW)


def counts(name: str, span: Span = SPAN) -> dict[str, tuple[int, int]]:
    """What a source counts of every agency."""
    sql, values = SOURCES[name].counts(span)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {place: (good, counted) for place, good, counted in cursor.fetchall()}


def test_procedures_are_those_of_the_agency_on_the_day() -> None:
    day = SPAN.until
    versions = [each for each in ProcedureVersion.objects.select_related("procedure") if each.is_in_force(day)]
    versions = [each for each in versions if each.procedure.replaced_by_id is None and each.procedure.out_of_force_since is None]
    services = {service.version_id: service for service in OnlineService.objects.all()}
    provinces = dict(Agency.objects.on(day).filter(level=Agency.Level.PROVINCE).values_list("code", "administrative_unit__code"))
    assert len(provinces) >= 34 and services

    def mine(agency: str, version: ProcedureVersion) -> bool:
        """A plain reading of whose a procedure is."""
        tops = {code.split(".")[0] for code in version.executing_codes}
        if agency.startswith("H"):
            named = {code for code in tops if code.startswith("H")}
            return bool({"province", "commune"} & set(version.levels)) and (not named or agency in named)
        return "ministry" in version.levels and agency in tops | {version.issuing_code.split(".")[0]}

    _sent(
        report(1, "10", received=0, due=5, finished=3, has_fee=True, paid_online="1", by_population=True),
        report(2, received=0, has_fee=True, procedure_code="1.004222"), report(3, received=0, channel="1", procedure_code="2.000635"),
        report(4, unit="G15", received=1),
    )  # fmt: skip
    fold()
    offered, used, complete = counts("online_services"), counts("used_services"), counts("complete_content")
    payable = counts("payable_procedures")
    with_fee = set(FeeLine.objects.filter(Q(amount=None) | Q(amount__gt=0)).values_list("limit__channel__version_id", flat=True))
    for agency in [*sorted(provinces)[:5], "H26", "G15", "G01"]:
        authority = [each for each in versions if mine(agency, each)]
        online = [
            each for each in authority
            if each.pk in services and (not services[each.pk].localities or provinces.get(agency) in services[each.pk].localities)
        ]  # fmt: skip
        assert offered.get(agency, (0, 0)) == (len(online), len(authority)), agency
        there = {"1.001193", "1.004222"} if agency == "H26" else {"1.001193"} if agency == "G15" else set()
        assert used.get(agency, (0, 0)) == (len([each for each in online if each.procedure.code in there]), len(online))
        owed = [each for each in authority if each.pk in with_fee]
        paid = {"1.001193"} if agency == "H26" else set()
        assert payable.get(agency, (0, 0)) == (len([each for each in owed if each.procedure.code in paid]), len(owed)), agency
        issued = [each for each in versions if each.issuing_code.split(".")[0] == agency]
        assert complete.get(agency, (0, 0)) == (len([each for each in issued if not each.missing]), len(issued))
        for name, (good, counted) in (("online_services", offered.get(agency, (0, 0))), ("complete_content", complete.get(agency, (0, 0)))):
            assert [len(listed(name, agency, SPAN, way, 7)) for way in (None, True, False)] == [counted, good, counted - good]
    assert counts("paid_procedures") == {"H26": (1, 2)}
    assert counts("population_procedures") == {"H26": (1, 3), "G15": (0, 1)}
    assert listed("paid_procedures", "H26", SPAN, None, 1) == [("1.001193", True), ("1.004222", False)]


def test_petitions_count_for_their_agency_and_those_above() -> None:
    now = dt.datetime.now(ZONE)
    petition, _ = send_one()
    petition = answered(petition)
    send_one(now=now - dt.timedelta(days=1))
    span = Span("y", dt.date(now.year, 1, 1), now)
    for name, measure in (
        ("petitions_on_time", lambda agency: measures.processed_on_time(agency, span.first, span.until, now)),
        ("petitions_satisfied", lambda agency: measures.satisfied(agency, span.first, span.until)),
    ):  # fmt: skip
        found: dict[str, Any] = counts(name, span)
        assert petition.unit_code in found and petition.agency_code in found
        for agency, (good, counted) in found.items():
            plain = measure(agency)
            assert (good, counted) == (plain.numerator, plain.denominator), (name, agency)
            for way, number in ((None, counted), (True, good), (False, counted - good)):
                rows = listed(name, agency, span, way, 1)
                assert len(rows) == number and all(way is None or fine is way for _code, fine in rows), (name, agency, way)


@pytest.mark.requirement("C-23")
def test_decisions_and_what_they_publish_count_by_their_days() -> None:
    from procedures.models import AnnouncedChange, Announcement

    def published(number: str, *, in_time: bool, signed: bool | None, codes: tuple[str, ...], day: int = 10, month: int = 6) -> None:
        moment = dt.datetime(2026, month, day, 9, tzinfo=ZONE)
        row = Announcement.objects.create(
            unit_code="G15", number=number, signed_on=moment.date(), signer="Giả Định", effective_on=moment.date(), summary="Thử",
            state="published", due_at=moment, published_at=moment, in_time=in_time, signed_in_time=signed, entered_by="Giả Định",
            created_at=moment,
        )  # fmt: skip
        for code in codes:
            AnnouncedChange.objects.create(announcement=row, kind="amend", procedure_code=code, name=code)

    published("1/QĐ", in_time=True, signed=True, codes=("1.001193", "2.000635"))
    published("2/QĐ", in_time=False, signed=False, codes=("1.001193",))
    published("3/QĐ", in_time=True, signed=None, codes=("1.000656",), day=11)
    published("4/QĐ", in_time=False, signed=False, codes=("1.000656",), month=5)
    assert counts("decisions_in_time") == {"G15": (1, 2)}
    assert counts("public_in_time") == {"G15": (2, 3)}
    rows = SOURCES["decisions_in_time"].rows("G15", SPAN)
    assert [(row.code, row.good) for row in rows.rows] == [("1/QĐ", True), ("2/QĐ", False)]
    late = SOURCES["public_in_time"].rows("G15", SPAN, good=False)
    assert [row.code for row in late.rows] == ["1.001193"]

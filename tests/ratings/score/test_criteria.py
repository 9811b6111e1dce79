"""Criteria are versions side by side: VPCP sets one from a day on, and what was scored before stays as it was."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.access import AccessDenied
from portal.audit.models import Act
from portal.workdays import ZONE
from ratings.models import Criterion, ScoreCount
from ratings.score import counting, criteria, queries
from tests.factories import loose_officer
from tests.feedback.test_desk import at_desk
from tests.ratings.score.test_tally import NOW, _sent, report

pytestmark = [pytest.mark.requirement("R-04"), pytest.mark.django_db]

VPCP = loose_officer("G22", ("steering",))
JULY, AUGUST, SEPTEMBER = (dt.date(2026, month, 1) for month in (7, 8, 9))


def values(code: str, **changed: Any) -> dict[str, Any]:
    """What the newest version of a criterion says, with something changed."""
    row = Criterion.objects.filter(code=code).latest("valid_from")
    return {**{name: getattr(row, name) for name in criteria.VALUES}, **changed}


def points(month: dt.date) -> Decimal | None:
    score = queries.score_of("H26", "m", month)
    part = queries.by_code(score.parts, "2.1") if score else None
    return part.points.points if part else None


def test_a_new_version_from_a_day_on_changes_later_periods_only() -> None:
    criteria.load()
    _sent(*(report(number, "10", received=at, due=at, finished=at) for number, at in ((1, 10), (2, 40), (3, 71), (4, 72))))
    _sent(report(5, "10", received=11, due=11, finished=30), report(6, "10", received=41, due=41, finished=60))
    counting.count_all(now=NOW)
    assert (points(JULY), points(AUGUST), points(SEPTEMBER)) == (Decimal("10.00"), Decimal("10.00"), Decimal("20.00"))
    made = criteria.set_version(
        actor=VPCP, code="2.1", valid_from=AUGUST, now=dt.datetime(2026, 7, 20, 9, tzinfo=ZONE), **values("2.1", points=Decimal(10))
    )
    counting.count_all(now=NOW)
    assert (points(JULY), points(AUGUST), points(SEPTEMBER)) == (Decimal("10.00"), Decimal("5.00"), Decimal("10.00"))
    # The year and the quarter began before.
    assert queries.scores("y", dt.date(2026, 1, 1)).criteria[4].points == 20 == queries.scores("q", JULY).criteria[4].points
    assert [each.total.points for each in queries.history("H26")] == [
        score.points for month in (JULY, AUGUST, SEPTEMBER) if (score := queries.score_of("H26", "m", month))
    ]
    assert Act.objects.get(act="ratings.set_criterion").details["points"] == "10" and made.valid_to is None
    # Without its source it is left out from then on, and its counts go; what was counted before stays.
    criteria.set_version(
        actor=VPCP, code="2.1", valid_from=SEPTEMBER, now=dt.datetime(2026, 8, 20, 9, tzinfo=ZONE), **values("2.1", source="")
    )
    counting.count_all(now=NOW)
    assert (points(JULY), points(AUGUST), points(SEPTEMBER)) == (Decimal("10.00"), Decimal("5.00"), None)
    assert ScoreCount.objects.filter(criterion="2.1", first=AUGUST).exists()
    assert not ScoreCount.objects.filter(criterion="2.1", first=SEPTEMBER).exists()


def test_loading_again_and_later_leaves_what_vpcp_set() -> None:
    said = criteria.load()
    assert said == f"{len(criteria.shipped()['criteria'])} tiêu chí chấm điểm" == criteria.load()
    assert sum(each.points for each in criteria.in_force(AUGUST)) == 100
    criteria.set_version(actor=VPCP, code="2.1", valid_from=dt.date(2027, 1, 1), now=NOW, **values("2.1", points=Decimal(10)))
    before = list(Criterion.objects.order_by("pk").values())
    criteria.load()
    assert list(Criterion.objects.order_by("pk").values()) == before
    sources = {each["source"] for each in criteria.shipped()["criteria"]} - {""}
    from ratings.score.sources import SOURCES

    assert sources == set(SOURCES)


def test_what_cannot_be_is_refused_with_its_field_and_by_the_database() -> None:
    criteria.load()
    tomorrow = dt.date(2026, 10, 1)
    for changed, field in (
        ({"valid_from": dt.date(2026, 9, 30)}, "valid_from"), ({"group": "9"}, "group"), ({"source": "x"}, "source"), ({}, "name"),
        ({"points": Decimal(101)}, "points"), ({"factor": Decimal(0)}, "factor"), ({"factor": Decimal(2)}, "factor"),
    ):  # fmt: skip
        with pytest.raises(criteria.CriterionRefused) as refused:
            criteria.set_version(actor=VPCP, code="2.1", now=NOW, **{"valid_from": tomorrow, **values("2.1"), **changed})
        assert refused.value.field == field
    criteria.set_version(actor=VPCP, code="2.1", valid_from=tomorrow, now=NOW, **values("2.1", points=Decimal(10)))
    with pytest.raises(criteria.CriterionRefused, match="01/10/2026"):
        criteria.set_version(actor=VPCP, code="2.1", valid_from=tomorrow, now=NOW, **values("2.1", points=Decimal(11)))
    with pytest.raises(AccessDenied):
        criteria.set_version(actor=loose_officer("H26", ("administrator",)), code="2.1", valid_from=SEPTEMBER, now=NOW, **values("2.1"))
    old = Criterion.objects.filter(code="2.1").earliest("valid_from")
    with pytest.raises(IntegrityError, match="criterion_no_overlap"), transaction.atomic():
        Criterion.objects.filter(pk=old.pk).update(valid_to=tomorrow)
    # A version that has not begun is taken back; the one before holds on. One that has begun is not.
    with pytest.raises(criteria.CriterionRefused, match="không bỏ được"):
        criteria.take_back(actor=VPCP, criterion_id=old.pk, now=NOW)
    newest = Criterion.objects.filter(code="2.1").latest("valid_from")
    assert criteria.take_back(actor=VPCP, criterion_id=newest.pk, now=NOW) == "2.1"
    old.refresh_from_db()
    assert old.valid_to is None
    criteria.end(actor=VPCP, criterion_id=old.pk, valid_to=dt.date(2026, 9, 30), now=NOW)
    assert "2.1" not in {each.code for each in criteria.in_force(tomorrow)}


@pytest.mark.usefixtures("demo_data")
def test_vpcp_sets_a_version_at_the_desk_and_nobody_else_does() -> None:
    vpcp, province = at_desk("G22", "steering"), at_desk("H26", "handling", "administrator")
    desk = "/quan-tri/ratings/criterion/"
    row = Criterion.objects.get(code="2.1")
    assert province.get(desk).status_code in (302, 403) and province.get(f"{desk}{row.pk}/version/").status_code in (302, 403, 404)
    page = unescape(vpcp.get(f"{desk}{row.pk}/change/").content.decode())
    assert "2.1 Hồ sơ giải quyết đúng hạn" in page and f"{desk}{row.pk}/version/" in page
    sent = {name: "on" if value is True else "" if value is False else str(value) for name, value in values("2.1").items()}
    sent = {name: value for name, value in sent.items() if value}
    wrong = vpcp.post(f"{desk}{row.pk}/version/", {**sent, "points": "0,5", "factor": "7", "valid_from": "1/1/2027"})
    assert wrong.status_code == 422 and "Ngưỡng lớn hơn 0" in unescape(wrong.content.decode()) and 'value="0,5"' in wrong.content.decode()
    good = vpcp.post(f"{desk}{row.pk}/version/", {**sent, "points": "12,5", "factor": "1", "valid_from": "01/01/2027"})
    assert good.status_code == 302, unescape(good.content.decode())
    made = Criterion.objects.get(code="2.1", valid_from=dt.date(2027, 1, 1))
    assert (made.points, made.source) == (Decimal("12.5"), "on_time")
    assert vpcp.post(f"{desk}{made.pk}/take-back/").status_code == 302 and not Criterion.objects.filter(pk=made.pk).exists()
    new = {**sent, "code": "4.9", "name": "Tiêu chí thử", "source": "", "points": "1", "factor": "1", "valid_from": "01/01/2027"}
    assert vpcp.post(f"{desk}add/", {**new, "code": "x"}).status_code == 422
    assert vpcp.post(f"{desk}add/", new).status_code == 302
    assert vpcp.post(f"{desk}{row.pk}/end/", {"valid_to": "01/01/2020"}).status_code == 422
    assert vpcp.post(f"{desk}{row.pk}/end/", {"valid_to": "31/12/2030"}).status_code == 302

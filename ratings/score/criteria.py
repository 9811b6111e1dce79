"""Criteria as VPCP keeps them: versions side by side, each from a day on; none is ever edited (Rules art. 30.3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from ratings.models import Criterion
from ratings.score.rules import Rule

ACT = "ratings.criteria"
VALUES = (
    "name", "group", "position", "points", "formula", "factor", "when_nothing", "source", "numerator", "denominator", "law",
    "for_ministries", "for_provinces", "for_units",
)  # fmt: skip
"""What a version says beside its code and its days."""
_FILE = Path(__file__).resolve().parent.parent / "data" / "criteria.json"


class CriterionRefused(Exception):
    """Cannot be done; ``field`` names what is wrong in the form."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@lru_cache(maxsize=1)
def shipped() -> dict[str, Any]:
    """The file that comes with the portal."""
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def groups() -> dict[str, str]:
    """The groups by code, in order."""
    return dict(shipped()["groups"])


def load() -> str:
    """Enter the criteria that have no version yet; what VPCP made of the others stays. One line that says what there is."""
    known = set(Criterion.objects.values_list("code", flat=True))
    since = date.fromisoformat(shipped()["valid_from"])
    Criterion.objects.bulk_create(
        Criterion(**{**entry, "points": Decimal(entry["points"]), "factor": Decimal(entry["factor"])}, valid_from=since)
        for entry in shipped()["criteria"]
        if entry["code"] not in known
    )
    return f"{Criterion.objects.values('code').distinct().count()} tiêu chí chấm điểm"


def in_force(first: date) -> list[Criterion]:
    """The versions that score a period: those in force on its first day, in order. One query."""
    holds = Q(valid_to=None) | Q(valid_to__gte=first)
    return list(Criterion.objects.filter(holds, valid_from__lte=first).order_by("position", "code"))


def of_period(versions: Sequence[Criterion], first: date) -> list[Criterion]:
    """Of all versions those of a period. No query."""
    return [each for each in versions if each.valid_from <= first and (each.valid_to is None or first <= each.valid_to)]


def rule(criterion: Criterion) -> Rule:
    """What of it decides about points."""
    return Rule(
        criterion.code, criterion.points, criterion.formula, criterion.factor, criterion.when_nothing, has_source=bool(criterion.source)
    )


def applies(criterion: Criterion, agency: str) -> bool:
    """Whether it scores an agency: a ministry, a province, or a unit below one."""
    if "." in agency:
        return criterion.for_units
    return criterion.for_provinces if agency.startswith("H") else criterion.for_ministries


# Written ---------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_version(*, actor: Actor, code: str, valid_from: date, now: datetime, **values: Any) -> Criterion:
    """Make a new version of a criterion, or a new criterion, from a day to come on: periods that began before keep what they have.

    :class:`CriterionRefused`.
    """
    from ratings.score.sources import SOURCES

    require(actor, ACT)
    if valid_from <= timezone.localdate(now):
        raise CriterionRefused("Ngày áp dụng phải sau hôm nay: kỳ đã bắt đầu giữ cách tính cũ.", "valid_from")
    if values["group"] not in groups():
        raise CriterionRefused("Bạn hãy chọn nhóm.", "group")
    if values["source"] and values["source"] not in SOURCES:
        raise CriterionRefused("Không có nguồn số liệu này.", "source")
    if not 0 <= values["points"] <= 100:
        raise CriterionRefused("Điểm từ 0 đến 100.", "points")
    if not 0 < values["factor"] <= 1:
        raise CriterionRefused("Ngưỡng lớn hơn 0 và không quá 1, ví dụ 0,8.", "factor")
    last = Criterion.objects.select_for_update().filter(code=code).order_by("-valid_from").first()
    if last is not None and last.valid_from >= valid_from:
        raise CriterionRefused(f"Đã có phiên bản áp dụng từ {last.valid_from:%d/%m/%Y}. Bạn chọn ngày sau đó.", "valid_from")
    if last is not None and last.valid_to is None and all(getattr(last, name) == values[name] for name in VALUES):
        raise CriterionRefused("Tiêu chí đang đúng như vậy, chưa có gì thay đổi.", "name")
    try:
        with transaction.atomic():
            if last is not None and (last.valid_to is None or last.valid_to >= valid_from):
                last.valid_to = valid_from - timedelta(days=1)
                last.save(update_fields=["valid_to"])
            made = Criterion.objects.create(code=code, valid_from=valid_from, **{name: values[name] for name in VALUES})
    except IntegrityError:
        raise CriterionRefused("Người khác vừa đặt phiên bản của tiêu chí này. Hãy tải lại trang.", "valid_from") from None
    told = {"code": code, "from": valid_from.isoformat(), "points": str(made.points), "formula": made.formula, "factor": str(made.factor),
            "when_nothing": made.when_nothing, "source": made.source}  # fmt: skip
    _note(actor, "ratings.set_criterion", made, told)
    return made


@transaction.atomic
def end(*, actor: Actor, criterion_id: int, valid_to: date, now: datetime) -> Criterion:
    """End a criterion: from the day after, today at the earliest, periods that begin are scored without it. :class:`CriterionRefused`."""
    require(actor, ACT)
    row = Criterion.objects.select_for_update().get(pk=criterion_id)
    if row.valid_to is not None:
        raise CriterionRefused("Phiên bản này đã có ngày kết thúc.")
    if valid_to < max(timezone.localdate(now), row.valid_from):
        raise CriterionRefused("Ngày cuối là hôm nay hoặc một ngày sau đó.", "valid_to")
    row.valid_to = valid_to
    row.save(update_fields=["valid_to"])
    _note(actor, "ratings.end_criterion", row, {"code": row.code, "to": valid_to.isoformat()})
    return row


@transaction.atomic
def take_back(*, actor: Actor, criterion_id: int, now: datetime) -> str:
    """Take back a version whose day has not come; the one before holds on. Its code. :class:`CriterionRefused`."""
    require(actor, ACT)
    row = Criterion.objects.select_for_update().get(pk=criterion_id)
    if row.valid_from <= timezone.localdate(now):
        raise CriterionRefused("Phiên bản này đã áp dụng nên không bỏ được. Bạn hãy đặt phiên bản mới.")
    before = Criterion.objects.select_for_update().filter(code=row.code, valid_to=row.valid_from - timedelta(days=1)).first()
    code, valid_from = row.code, row.valid_from
    _note(actor, "ratings.take_back_criterion", row, {"code": code, "from": valid_from.isoformat()})
    row.delete()
    if before is not None:
        before.valid_to = row.valid_to
        before.save(update_fields=["valid_to"])
    return code


def _note(actor: Actor, act: str, row: Criterion, details: dict[str, Any]) -> None:
    audit.record(actor=actor, act=act, target="ratings.criterion", target_id=str(row.pk), details=details)

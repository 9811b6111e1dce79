"""Targets set by the Government Office: a version from a day on, the one before kept (Reform II.2, Scheme II.2)."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pghistory
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from ratings.board.access import TARGETS
from ratings.models import Target

TEXTS = ("name", "level", "unit", "steps", "source", "law", "note", "position")
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SHIPPED = Path(__file__).resolve().parent.parent / "data" / "targets.csv"


class TargetRefused(Exception):
    """Something that cannot be; ``message`` is for the officer, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@transaction.atomic
def set_target(*, actor: Actor, code: str, valid_from: date, now: datetime, is_new: bool = False, **values: object) -> Target:
    """Set a target from a day on; a version that holds until then ends the day before. :class:`TargetRefused`."""
    require(actor, TARGETS)
    code = code.strip()
    if not _CODE.fullmatch(code):
        raise TargetRefused("Mã gồm chữ thường không dấu, chữ số và dấu gạch nối, ví dụ: truc-tuyen.", "code")
    open_one = Target.objects.select_for_update().filter(code=code, valid_to=None).first()
    if is_new and Target.objects.filter(code=code).exists():
        raise TargetRefused("Mã này đã có. Để đổi mức, bạn mở chỉ tiêu đó và đặt mức mới.", "code")
    if open_one is not None:
        if valid_from <= open_one.valid_from:
            raise TargetRefused(f"Mức đang áp dụng bắt đầu {open_one.valid_from:%d/%m/%Y}. Hãy chọn ngày sau đó.", "valid_from")
        if valid_from < timezone.localdate(now):
            raise TargetRefused("Mức mới áp dụng từ hôm nay hoặc một ngày sau đó: bảng của những ngày trước giữ nguyên.", "valid_from")
        if all(getattr(open_one, name) == value for name, value in values.items()):
            raise TargetRefused("Chưa có gì khác với mức đang áp dụng.", "steps")
    unknown = set(values) - set(TEXTS)
    if unknown:
        raise TypeError(f"not a part of a target: {sorted(unknown)}")
    target = Target(code=code, valid_from=valid_from, **values)
    try:
        target.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as wrong:
        name, messages = next(iter(wrong.message_dict.items()))
        raise TargetRefused(messages[0], name) from None
    try:
        with transaction.atomic(), pghistory.context(act="ratings.set_target", position=str(actor.position_id or ""), unit=actor.unit):
            if open_one is not None:
                open_one.valid_to = valid_from - timedelta(days=1)
                open_one.save()
            target.save(force_insert=True)
    except IntegrityError:
        raise TargetRefused("Người khác vừa đặt chỉ tiêu này. Hãy tải lại trang.", "valid_from") from None
    audit.record(
        actor=actor, act="ratings.set_target", target="ratings.target", target_id=str(target.pk),
        details={"code": code, "from": valid_from.isoformat(), "steps": target.steps},
    )  # fmt: skip
    return target


@transaction.atomic
def end_target(*, actor: Actor, target_id: int, valid_to: date, now: datetime) -> Target:
    """Let a target hold no longer after a day; the board of the days before stays what it was. :class:`TargetRefused`."""
    require(actor, TARGETS)
    target = Target.objects.select_for_update().get(pk=target_id)
    if target.valid_to is not None and target.valid_to < timezone.localdate(now):
        raise TargetRefused("Mức này đã thôi áp dụng.", "valid_to")
    if valid_to < max(timezone.localdate(now), target.valid_from):
        raise TargetRefused("Ngày cuối từ hôm nay trở đi và không trước ngày bắt đầu.", "valid_to")
    target.valid_to = valid_to
    with pghistory.context(act="ratings.end_target", position=str(actor.position_id or ""), unit=actor.unit):
        target.save()
    audit.record(
        actor=actor, act="ratings.end_target", target="ratings.target", target_id=str(target.pk),
        details={"code": target.code, "to": valid_to.isoformat()},
    )  # fmt: skip
    return target


def begin() -> str:
    """Enter the targets of the law where there are none. One line that says what there is."""
    if not Target.objects.exists():
        with _SHIPPED.open(encoding="utf-8", newline="") as file:
            rows = [_shipped(row) for row in csv.DictReader(file)]
        Target.objects.bulk_create(rows)
    return f"{Target.objects.count()} mức của chỉ tiêu"


def _shipped(row: dict[str, str]) -> Target:
    steps = {year: float(number) if "." in number else int(number) for year, number in (one.split(":") for one in row["steps"].split())}
    return Target(
        code=row["code"], name=row["name"], level=row["level"], unit=row["unit"], steps=steps, source=row["source"], law=row["law"],
        note=row["note"], position=int(row["position"]), valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )  # fmt: skip

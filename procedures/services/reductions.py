"""Reductions for filing online: declared by a province or a ministry, ended, loaded with the software. Nothing is ever deleted."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import pghistory
from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency, Sector
from portal.text import nfc
from procedures.models import FeeLine, OnlineReduction, Procedure
from procedures.services.loading import DATA
from procedures.services.records import BadRecord

DECLARE = "procedures.reductions"
SEE_ALL = "procedures.reductions.everywhere"
FILE = DATA / "online-reductions.json"
DECLARERS = frozenset({Agency.Level.PROVINCE, Agency.Level.MINISTRY})
"""People's Councils of provinces and ministries lay fees down (Law on Fees and Charges 97/2015/QH13 art. 20–22); what their committees and
ministries enter here is theirs."""
FACTS = ("what", "procedures", "fields", "fee_kinds", "fee_names", "percent", "amount", "cap", "valid_from", "valid_to", "basis", "source")


class ReductionRefused(Exception):
    """A reduction cannot be declared or ended like this. ``faults``: what is wrong, in Vietnamese, by the name of the field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = dict(faults)


def declarer(unit_code: str, day: dt.date) -> Agency | None:
    """The agency as one that may declare reductions; None for any other (one query)."""
    found = Agency.objects.on(day).filter(code=unit_code, level__in=DECLARERS).select_related("administrative_unit").first()
    return found if found is None or found.level == Agency.Level.MINISTRY or found.administrative_unit else None


def sector_codes(lines: Sequence[str], day: dt.date) -> tuple[list[str], list[str]]:
    """Codes of the fields that officers named by code or by name, and the lines that name none (a query a line)."""
    found, unknown = [], []
    for line in lines:
        known = Sector.objects.on(day).filter(code=line).first() or catalogues.sector_named(line, on=day)
        (found.append(known.code) if known is not None else unknown.append(line))
    return list(dict.fromkeys(found)), unknown


def reduction_faults(
    *,
    what: str,
    procedures: Sequence[str],
    fields: Sequence[str],
    fee_kinds: Sequence[str],
    fee_names: Sequence[str],
    percent: int | None,
    amount: int | None,
    valid_from: dt.date | None,
    valid_to: dt.date | None,
    basis: str,
    source: str = "",
    cap: int | None = None,
) -> dict[str, str]:
    """What speaks against a reduction, by field; empty: nothing. At most three queries."""
    faults: dict[str, str] = {}
    is_time, is_delivery = what == OnlineReduction.What.TIME, what == OnlineReduction.What.DELIVERY
    if what not in OnlineReduction.What.values:
        faults["what"] = "Hãy chọn giảm phí, giảm thời hạn hay hỗ trợ cước bưu chính."
    if (percent is None) == (amount is None):
        faults["percent"] = "Hãy ghi phần trăm, hoặc một số; chỉ một trong hai."
    elif percent is not None and not 1 <= percent <= (99 if is_time else 100):
        faults["percent"] = f"Phần trăm từ 1 đến {99 if is_time else 100}."
    elif amount is not None and amount < 1:
        faults["amount"] = "Số giảm ít nhất là 1."
    if cap is not None and (not is_delivery or percent is None):
        faults["cap"] = "Chỉ ghi mức cao nhất khi hỗ trợ cước bưu chính theo phần trăm."
    elif cap is not None and cap < 1:
        faults["cap"] = "Mức cao nhất ít nhất là 1 đồng."
    if (is_time or is_delivery) and (fee_kinds or fee_names):
        thing = "Giảm thời hạn" if is_time else "Hỗ trợ cước bưu chính"
        faults["fee_names" if fee_names else "fee_kinds"] = f"{thing} thì không chọn khoản thu."
    if not is_delivery and not (procedures or fields or (not is_time and (fee_kinds or fee_names))):
        faults["procedures"] = "Hãy nêu thủ tục, lĩnh vực hoặc khoản thu được giảm."
    known = set(Procedure.objects.filter(code__in=procedures).values_list("code", flat=True))
    if unknown := [code for code in procedures if code not in known]:
        faults["procedures"] = f"Không có thủ tục mã {', '.join(unknown)}."
    if set(fee_kinds) - set(FeeLine.Kind.values):
        faults["fee_kinds"] = "Hãy chọn trong danh sách."
    if fee_names and "fee_names" not in faults:
        named = set(FeeLine.objects.filter(name__in=fee_names).values_list("name", flat=True).distinct())
        if strange := [name for name in fee_names if name not in named]:
            faults["fee_names"] = f"Không thủ tục nào có khoản “{strange[0]}”. Hãy chép đúng tên khoản thu."
    if valid_from is None:
        faults["valid_from"] = "Hãy ghi ngày bắt đầu."
    elif valid_to is not None and valid_to < valid_from:
        faults["valid_to"] = "Ngày cuối phải từ ngày bắt đầu trở đi."
    if not basis:
        faults["basis"] = "Hãy ghi văn bản quy định, ví dụ: Nghị quyết số …/NQ-HĐND ngày … của HĐND tỉnh …"
    elif len(basis) > OnlineReduction.MAX_BASIS:
        faults["basis"] = f"Không quá {OnlineReduction.MAX_BASIS} ký tự."
    return faults


@transaction.atomic
def declare_reduction(
    *,
    actor: Actor,
    unit_code: str,
    now: dt.datetime,
    what: str = "fee",
    procedures: Sequence[str] = (),
    fields: Sequence[str] = (),
    fee_kinds: Sequence[str] = (),
    fee_names: Sequence[str] = (),
    percent: int | None = None,
    amount: int | None = None,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    basis: str,
    source: str = "",
    cap: int | None = None,
    reduction_id: UUID | None = None,
) -> OnlineReduction:
    """Enter what a province or ministry takes off, or pays of the cost of delivery, for filing online (Framework II.1b; C-21, C-31).

    ``fields`` are codes of sectors. What an officer enters holds once another has checked it (:func:`check_reduction`), from
    ``valid_from``, which may be past: who has filed already was told another bill, and keeps it.
    :class:`ReductionRefused`, ``AccessDenied``.
    """
    require(actor, DECLARE, unit_code)
    agency = declarer(unit_code, timezone.localdate(now))
    if agency is None:
        raise ReductionRefused({"unit_code": "Chỉ Ủy ban nhân dân cấp tỉnh, bộ và cơ quan ngang bộ công bố mức giảm."})
    facts: dict[str, Any] = {
        "what": what,
        "procedures": list(dict.fromkeys(procedures)),
        "fields": list(dict.fromkeys(fields)),
        "fee_kinds": sorted(set(fee_kinds)),
        "fee_names": list(dict.fromkeys(nfc(name) for name in fee_names)),
        "percent": percent,
        "amount": amount,
        "cap": cap,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "basis": " ".join(nfc(basis).split()),
        "source": source.strip(),
    }
    if faults := reduction_faults(**facts):
        raise ReductionRefused(faults)
    row = OnlineReduction(
        id=reduction_id or uuid4(),
        unit_code=unit_code,
        province_code=_place(agency),
        declared_by=actor.label,
        writer=actor.position_id,
        # A task of our own has no colleague; what it enters was checked where it was made.
        checked_at=None if actor.position_id else now,
        **facts,
    )
    with _context(actor, "procedures.reductions.declare"):
        row.save(force_insert=True)
    _note(actor, "procedures.reductions.declare", row)
    return row


@transaction.atomic
def check_reduction(*, actor: Actor, reduction_id: UUID, now: dt.datetime) -> OnlineReduction:
    """Another officer of the agency lets a reduction hold; whoever entered it may not.

    ``OnlineReduction.DoesNotExist``, ``AccessDenied``; :class:`ReductionRefused`: it was checked, has ended, or is one's own.
    """
    row = OnlineReduction.objects.select_for_update().get(pk=reduction_id)
    require(actor, DECLARE, row.unit_code)
    if row.checked_at is not None:
        raise ReductionRefused({"": "Mức này đã được duyệt."})
    if row.ended_at is not None or row.has_ended(timezone.localdate(now)):
        raise ReductionRefused({"": "Mức này đã hết hiệu lực."})
    if actor.position_id is not None and actor.position_id == row.writer:
        raise ReductionRefused({"": "Người ghi không tự duyệt: một cán bộ khác của cơ quan duyệt."})
    row.checked_at, row.checked_by = now, actor.label
    with _context(actor, "procedures.reductions.check"):
        row.save(update_fields=["checked_at", "checked_by", "updated_at"])
    _note(actor, "procedures.reductions.check", row)
    return row


@transaction.atomic
def end_reduction(*, actor: Actor, reduction_id: UUID, last_day: dt.date, why: str, now: dt.datetime) -> OnlineReduction:
    """Let a reduction hold until a day and no longer; one that has not begun may be ended before it does.

    ``OnlineReduction.DoesNotExist``, ``AccessDenied``; :class:`ReductionRefused` when it has ended, the day is past, or nobody says why.
    """
    row = OnlineReduction.objects.select_for_update().get(pk=reduction_id)
    require(actor, DECLARE, row.unit_code)
    today = timezone.localdate(now)
    if row.has_ended(today):
        raise ReductionRefused({"last_day": "Mức giảm này đã hết hiệu lực."})
    never_held = row.valid_from > today and last_day < row.valid_from
    if last_day < today:
        raise ReductionRefused({"last_day": "Ngày cuối từ hôm nay trở đi: ai đã nộp hồ sơ thì giữ mức đã được báo."})
    if row.valid_to is not None and last_day > row.valid_to:
        raise ReductionRefused({"last_day": f"Mức giảm này chỉ đến hết ngày {row.valid_to:%d/%m/%Y}. Muốn kéo dài, hãy công bố mức mới."})
    if not why.strip():
        raise ReductionRefused({"why": "Hãy ghi lý do, ví dụ số nghị quyết thay thế."})
    row.valid_to = row.valid_from - dt.timedelta(days=1) if never_held else last_day
    row.ended_at, row.ended_why = now, " ".join(nfc(why).split())[:500]
    row.origin = OnlineReduction.Origin.DESK
    with _context(actor, "procedures.reductions.end"):
        row.save(update_fields=["valid_to", "ended_at", "ended_why", "origin", "updated_at"])
    _note(actor, "procedures.reductions.end", row)
    return row


def shipped_reductions() -> list[dict[str, Any]]:
    """The reductions in ``procedures/data/online-reductions.json``."""
    found: list[dict[str, Any]] = json.loads(nfc(FILE.read_text(encoding="utf-8")))["reductions"]
    return found


@transaction.atomic
def load_reductions(*, now: dt.datetime, actor: Actor = SYSTEM) -> tuple[int, int, int]:
    """Bring the reductions we ship into the database: how many were added, changed, and stood as they were.

    One that an officer has ended stays ended. :class:`BadRecord` where one breaks a rule.
    """
    added = changed = same = 0
    rows = {row.key: row for row in OnlineReduction.objects.filter(key__isnull=False).select_for_update()}
    for record in shipped_reductions():
        facts = _shipped_facts(record)
        agency = declarer(record["unit"], timezone.localdate(now))
        faults = reduction_faults(**facts)
        if agency is None or faults:
            raise BadRecord(f"{record['key']}: {faults or 'the unit declares no reductions'}")
        facts |= {"unit_code": agency.code, "province_code": _place(agency)}
        row = rows.get(record["key"])
        if row is None:
            with _context(actor, "procedures.reductions.load"):
                OnlineReduction.objects.create(key=record["key"], origin=OnlineReduction.Origin.SHIPPED, checked_at=now, **facts)
            added += 1
        elif row.origin == OnlineReduction.Origin.SHIPPED and any(getattr(row, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(row, name, value)
            with _context(actor, "procedures.reductions.load"):
                row.save()
            changed += 1
        else:
            same += 1
    if added or changed:
        audit.record(
            actor=actor, act="procedures.reductions.load", target="procedures.onlinereduction", details={"added": added, "changed": changed}
        )
    return added, changed, same


def _shipped_facts(record: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(record) - {*FACTS, "key", "unit"}:
        raise BadRecord(f"{record.get('key')}: unknown fields {sorted(unknown)}")
    lists = {name: list(record.get(name, ())) for name in ("procedures", "fields", "fee_kinds", "fee_names")}
    return {
        "what": record.get("what", "fee"),
        **lists,
        "percent": record.get("percent"),
        "amount": record.get("amount"),
        "cap": record.get("cap"),
        "valid_from": dt.date.fromisoformat(record["valid_from"]),
        "valid_to": dt.date.fromisoformat(record["valid_to"]) if record.get("valid_to") else None,
        "basis": record["basis"],
        "source": record.get("source", ""),
    }


def _place(agency: Agency) -> str:
    """Where what an agency declares holds: its province; blank for a ministry's, the whole country."""
    return agency.administrative_unit.code if agency.level == Agency.Level.PROVINCE and agency.administrative_unit else ""


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def _note(actor: Actor, act: str, row: OnlineReduction) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="procedures.onlinereduction",
        target_id=str(row.pk),
        unit=row.unit_code,
        details={"basis": row.basis, "what": row.what},
    )

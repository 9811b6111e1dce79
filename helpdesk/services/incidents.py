"""Incidents: recorded, ended, corrected, withdrawn; the worker brings deadlines in line with what stands (Rules art. 29.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pghistory
from django.db import transaction
from django.db.models import Q

from helpdesk.models import Incident, Service
from helpdesk.services import moving
from helpdesk.services.common import HelpdeskRefused
from portal import audit
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from portal.text import nfc

ACT = "helpdesk.incidents"
LONGEST = dt.timedelta(days=30)


def faults_of(
    *, title: str, services: Sequence[str], unit_code: str, began_at: dt.datetime, ended_at: dt.datetime | None, now: dt.datetime
) -> dict[str, str]:
    """What is wrong with what is recorded, by field; empty: nothing."""
    found = {}
    if not title.strip() or len(title) > 200:
        found["title"] = "Ghi sự cố trong 1 đến 200 ký tự."
    if not services or not set(services) <= set(Service.values):
        found["services"] = "Hãy chọn dịch vụ gặp sự cố."
    if Service.PARTNER in services and not unit_code:
        found["unit_code"] = "Ghi mã cơ quan có hệ thống gặp sự cố."
    elif unit_code and unit_code not in catalogues.agency_names([unit_code]):
        found["unit_code"] = f"Không có cơ quan {unit_code}."
    if began_at > now:
        found["began_at"] = "Sự cố chưa bắt đầu thì chưa ghi."
    elif began_at < now - moving.LOOK_BACK:
        found["began_at"] = "Chỉ ghi sự cố trong 60 ngày gần đây."
    if ended_at is not None and (ended_at <= began_at or ended_at > now):
        found["ended_at"] = "Giờ kết thúc phải sau giờ bắt đầu và không sau lúc này."
    elif ended_at is not None and ended_at - began_at > LONGEST:
        found["ended_at"] = "Một sự cố dài nhất 30 ngày."
    return found


@transaction.atomic
def record(
    *, actor: Actor, title: str, services: Sequence[str], began_at: dt.datetime, now: dt.datetime, ended_at: dt.datetime | None = None,
    unit_code: str = "", title_en: str = "", cause: str = "",
) -> Incident:  # fmt: skip
    """Record an incident against services. Deadlines follow by the worker within a minute. ``AccessDenied``, :class:`HelpdeskRefused`."""
    require(actor, ACT)
    facts: dict[str, Any] = {
        "title": " ".join(nfc(title).split()), "services": sorted(set(services)), "unit_code": unit_code.strip(), "began_at": began_at,
        "ended_at": ended_at,
    }  # fmt: skip
    if wrong := faults_of(now=now, **facts):
        raise HelpdeskRefused(wrong)
    row = Incident(
        id=uuid4(), title_en=title_en.strip()[:200], cause=nfc(cause).strip()[:5000], recorded_at=now, recorded_by=actor.label, **facts
    )
    return _kept(row, "record", actor, new=True)


@transaction.atomic
def correct(*, actor: Actor, incident_id: UUID, now: dt.datetime, **changes: Any) -> Incident:
    """End it, or correct its times and what it reached: deadlines are put where the new facts put them.

    A person keeps what they were told for at least one more working day (``rules.corrected``).
    """
    require(actor, ACT)
    row = Incident.objects.select_for_update().get(pk=incident_id)
    if row.withdrawn_at is not None:
        raise HelpdeskRefused({"": "Sự cố này đã thôi."})
    names = ("title", "services", "unit_code", "began_at", "ended_at")
    facts = {name: changes.get(name, getattr(row, name)) for name in names}
    facts["services"] = sorted(set(facts["services"]))
    if wrong := faults_of(now=now, **facts):
        raise HelpdeskRefused(wrong)
    more: dict[str, Any] = {name: changes[name] for name in ("title_en", "cause") if name in changes}
    for name, value in (facts | more).items():
        setattr(row, name, value)
    row.settled_at = None
    return _kept(row, "correct", actor)


@transaction.atomic
def withdraw(*, actor: Actor, incident_id: UUID, now: dt.datetime) -> Incident:
    """It was none: it moves nothing any more; what people were told they keep for a working day."""
    require(actor, ACT)
    row = Incident.objects.select_for_update().get(pk=incident_id)
    if row.withdrawn_at is not None:
        raise HelpdeskRefused({"": "Sự cố này đã thôi."})
    row.withdrawn_at, row.settled_at = now, None
    return _kept(row, "withdraw", actor)


def follow(*, now: dt.datetime) -> int:
    """Bring deadlines in line with incidents that go on or were changed (task); how many moved."""
    moved = 0
    for row in list(Incident.objects.filter(Q(settled_at__isnull=True)).order_by("recorded_at")[:50]):
        moved += moving.settle(row, now=now)
        if row.ended_at is not None or row.withdrawn_at is not None:
            # Not where it was corrected meanwhile: then it is looked at again.
            Incident.objects.filter(pk=row.pk, ended_at=row.ended_at, began_at=row.began_at, withdrawn_at=row.withdrawn_at).update(
                settled_at=now
            )
    return moved


def _kept(row: Incident, act: str, actor: Actor, *, new: bool = False) -> Incident:
    with pghistory.context(act=f"helpdesk.incident_{act}", unit=actor.unit, position=str(actor.position_id or "")):
        row.save(force_insert=new)
    details = {"services": ",".join(row.services), "from": row.began_at.isoformat(), "to": row.ended_at.isoformat() if row.ended_at else ""}
    audit.record(actor=actor, act=f"helpdesk.incident_{act}", target="helpdesk.incident", target_id=str(row.pk), details=details)
    return row

"""Requests of agencies: asked, taken, promised for a published day, solved; warned and escalated by the clock (Rules art. 51)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import pghistory
from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from helpdesk.codes import new_request_code
from helpdesk.models import AgencyRequest, RequestStep
from helpdesk.models.requests import ANSWER, ASK, REQUESTS
from helpdesk.rules import WARN_BEFORE, request_due
from helpdesk.services.common import STALE, HelpdeskRefused
from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.notifications.services import notify
from portal.states import TransitionRefused
from portal.text import nfc
from portal.upkeep.apps import TOP
from portal.workdays import national_calendar

OPEN = (AgencyRequest.State.NEW, AgencyRequest.State.WORKING)
SOON, LATE = 1, 2
OPERATORS, LEADERS = ("technical",), ("steering",)
"""Roles at the Government Office: who solves, and whom a late request is escalated to."""


def tidy(text: str) -> str:
    """Text as it is kept."""
    return nfc(text.replace("\r\n", "\n").replace("\x00", "")).strip()


def deadline_of(row: AgencyRequest) -> dt.datetime:
    """What the clock on the page counts down to: the published day where there is one, else the eight working hours."""
    return row.promised_at or row.due_at


@transaction.atomic
def ask(*, actor: Actor, about: str, title: str, words: str, is_incident: bool, now: dt.datetime) -> AgencyRequest:
    """Ask for help or for an incident to be mended. ``AccessDenied``, :class:`HelpdeskRefused`."""
    require(actor, ASK, actor.unit)
    title, words = " ".join(tidy(title).split()), tidy(words)
    found = {}
    if about not in AgencyRequest.About.values:
        found["about"] = "Hãy chọn việc."
    if not title or len(title) > 200:
        found["title"] = "Tóm tắt từ 1 đến 200 ký tự."
    if not words or len(words) > 5000:
        found["words"] = "Nội dung từ 1 đến 5.000 ký tự."
    if found:
        raise HelpdeskRefused(found)
    assert actor.position_id is not None
    row = AgencyRequest(
        id=uuid4(), code=new_request_code(), unit_code=actor.unit, about=about, title=title, words=words, is_incident=is_incident,
        asked_at=now, asked_by=actor.position_id, asked_label=actor.label, due_at=request_due(now, national_calendar()),
    )  # fmt: skip
    _save(row, "ask", actor, now, words="", new=True)
    _tell_operators(row, "helpdesk.request_new", "new", OPERATORS)
    return row


@transaction.atomic
def move(
    *, actor: Actor, request_id: UUID, transition: str, now: dt.datetime, words: str = "", until: dt.datetime | None = None,
    seen_version: int | None = None,
) -> AgencyRequest:  # fmt: skip
    """Take a request one step further. ``promise`` wants ``until`` and why; ``solve`` what was done; ``again`` what is missing.

    The deadline of eight working hours never moves; a promise must be made before it has passed, or says openly that it is late by then.
    """
    row = AgencyRequest.objects.select_for_update().get(pk=request_id)
    edge = REQUESTS.transitions[transition]
    if edge.act == ASK:
        require(actor, ASK, row.unit_code)
    else:
        require(actor, ANSWER)
    if seen_version is not None and seen_version != row.version:
        raise TransitionRefused(transition, row.state, STALE)
    said = tidy(words)[:5000]
    if transition in ("promise", "solve", "again") and not said:
        raise HelpdeskRefused({"words": "Hãy ghi rõ, cơ quan đề nghị đọc được."})
    if transition == "promise" and (until is None or until <= max(now, row.due_at)):
        raise HelpdeskRefused({"until": "Thời gian hoàn thành phải sau hạn 8 giờ làm việc: sớm hơn thì không cần công bố."})
    if REQUESTS.refusal(row, transition):
        raise TransitionRefused(transition, row.state, STALE)
    REQUESTS.move(row, transition)
    match transition:
        case "take" | "promise" | "solve":
            row.handler_position_id, row.handler_label = actor.position_id, actor.label
    if transition == "promise":
        row.promised_at, row.promised_why, row.warned = until, said[:500], 0
    elif transition == "solve":
        row.answer, row.done_at = said, now
    elif transition == "again":
        row.done_at, row.warned = None, 0
    _save(row, transition, actor, now, words=said)
    match transition:
        case "promise":
            _tell_asker(row, "helpdesk.request_promised", f"promise-{row.version}", until=moment(row.promised_at))
        case "solve":
            _tell_asker(row, "helpdesk.request_solved", f"solve-{row.version}")
        case "again":
            _tell_operators(row, "helpdesk.request_again", f"again-{row.version}", OPERATORS)
    return row


def watch(*, now: dt.datetime, limit: int = 200) -> int:
    """Warn of what is due within the hour, escalate what is late, once each (task). How many were told of."""
    rows = AgencyRequest.objects.filter(state__in=OPEN, warned__lt=LATE, due_at__lte=now + WARN_BEFORE).order_by("due_at")
    return sum(_watch(pk, now) for pk in list(rows.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _watch(request_id: UUID, now: dt.datetime) -> bool:
    row = AgencyRequest.objects.select_for_update(skip_locked=True).filter(pk=request_id, state__in=OPEN).first()
    if row is None:
        return False
    due = deadline_of(row)
    level = LATE if due <= now else SOON if due <= now + WARN_BEFORE else 0
    if level <= row.warned:
        return False
    row.warned = level
    row.save(update_fields=["warned"])
    key = f"{level}-{due:%Y%m%d%H%M}"
    if level == LATE:
        _tell_operators(row, "helpdesk.request_late", key, (*OPERATORS, *LEADERS))
        _tell_asker(row, "helpdesk.request_late", key)
        audit.record(actor=SYSTEM, act="helpdesk.escalate", target="helpdesk.agencyrequest", target_id=str(row.pk), unit=row.unit_code)
    else:
        _tell_operators(row, "helpdesk.request_soon", key, OPERATORS)
    return True


def moment(at: dt.datetime | None) -> str:
    """A moment as people are told it."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at is not None else ""


def _save(row: AgencyRequest, name: str, actor: Actor, now: dt.datetime, *, words: str, new: bool = False) -> None:
    row.version += 0 if new else 1
    with pghistory.context(act=f"helpdesk.request_{name}", unit=actor.unit, position=str(actor.position_id or "")):
        row.save(force_insert=new)
    RequestStep.objects.create(request=row, at=now, name=name, to_state=row.state, label=actor.label, words=words)
    audit.record(
        actor=actor, act=f"helpdesk.request_{name}", target="helpdesk.agencyrequest", target_id=str(row.pk), unit=row.unit_code,
        details={"code": row.code},
    )  # fmt: skip


def _context(row: AgencyRequest, **more: str) -> dict[str, Any]:
    return {"code": row.code, "title": row.title, "due": moment(deadline_of(row)), **more}


def _link(row: AgencyRequest) -> str:
    return f"/quan-tri/helpdesk/agencyrequest/{row.pk}/change/"


def _tell_asker(row: AgencyRequest, template: str, key: str, **more: str) -> None:
    person = people.position_person(row.asked_by)
    if person is not None:
        notify(party_id=person, template=template, context=_context(row, **more), key=f"{template}:{row.pk}:{key}", link=_link(row))


def _tell_operators(row: AgencyRequest, template: str, key: str, roles: Iterable[str]) -> None:
    for person in sorted({one.person_id for one in people.holders(TOP, roles)}):
        notify(party_id=person, template=template, context=_context(row), key=f"{template}:{row.pk}:{key}", link=_link(row))

"""Reception at home on request (requirement D-28): asked for by a party, given a day and an officer by the unit, done or not."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.services.codes import queue_up
from dossiers.appointments import queries
from dossiers.appointments.common import CounterRefused, record, tell
from dossiers.models import HomeVisit
from dossiers.models.appointments import VISIT, VISITS
from dossiers.queries import unit_calendar
from dossiers.services.common import filer, party_of
from dossiers.services.slices import each
from portal import crypto
from portal.access import SYSTEM, Actor, require
from portal.states import TransitionRefused
from portal.workdays import is_working_day

OPEN_MOST = 3
"""Requests of one party that are not done with."""
AHEAD = dt.timedelta(days=30)
KEPT = dt.timedelta(days=90)
GOERS = ("reception", "handling")
"""Roles of who may be sent."""
STALE = "Yêu cầu đã thay đổi từ lúc bạn mở trang này. Bạn xem lại rồi thực hiện nếu vẫn cần."
_OPEN = (HomeVisit.State.ASKED, HomeVisit.State.ASSIGNED)


def page_of(one: HomeVisit) -> str:
    """Path of a request's page."""
    return reverse("visit", args=[one.pk])


@transaction.atomic
def ask(
    *,
    actor: Actor,
    unit_code: str,
    procedure_code: str,
    address: str,
    phone: str,
    reason: str,
    wanted_on: dt.date,
    wanted_half: str,
    now: dt.datetime,
) -> HomeVisit:
    """Ask a unit to come. :class:`CounterRefused`, ``NotForParty``, ``AccessDenied``; ``Unknown`` where the unit does not."""
    party_id = party_of(actor, procedure_code)
    version = queries.procedure_called(procedure_code, now)
    queries.open_plan(unit_code, version, at_home=True)
    queue_up("visit", f"party:{party_id}")
    if queries.own_visits(actor).filter(state__in=_OPEN).count() >= OPEN_MOST:
        raise CounterRefused(
            _("Bạn đang có %(n)d yêu cầu chưa xong, nhiều nhất được gửi. Bạn chờ cơ quan đến, hoặc rút bớt.") % {"n": OPEN_MOST}
        )
    today = timezone.localdate(now)
    if not today < wanted_on <= today + AHEAD:
        raise CounterRefused(_("Bạn chọn một ngày từ ngày mai đến 30 ngày tới."), "wanted_on")
    if not is_working_day(wanted_on, unit_calendar(unit_code)):
        raise CounterRefused(_("Ngày này cơ quan nghỉ. Bạn chọn ngày khác."), "wanted_on")
    one = HomeVisit.objects.create(
        unit_code=unit_code,
        procedure_code=procedure_code,
        procedure_name=version.name,
        party_id=party_id,
        made_by=filer(actor),
        name=people.party(party_id).name,
        phone=phone,
        address=address,
        reason=reason,
        wanted_on=wanted_on,
        wanted_half=wanted_half,
        created_at=now,
        changed_at=now,
    )
    record(actor, "ask_visit", one)
    return one


@transaction.atomic
def cancel(*, actor: Actor, visit_id: UUID, now: dt.datetime) -> HomeVisit:
    """Its owner takes the request back; the officer who would have come sees it on the desk. :class:`CounterRefused`, ``Unknown``."""
    one = queries.own_visits(actor).select_for_update().filter(pk=visit_id).first()
    if one is None:
        raise queries.Unknown(str(visit_id))
    if one.state == HomeVisit.State.CANCELLED:
        return one
    _move(one, "cancel", now)
    record(actor, "cancel_visit", one)
    return one


def _move(one: HomeVisit, edge: str, now: dt.datetime) -> None:
    try:
        VISITS.move(one, edge)
    except TransitionRefused as refused:
        raise CounterRefused(_("Yêu cầu này đã xong, không đổi được nữa."), status=409) from refused
    one.version += 1
    one.changed_at = now
    one.save()


def _locked(actor: Actor, visit_id: UUID, seen_version: int | None) -> HomeVisit:
    one = HomeVisit.objects.select_for_update().get(pk=visit_id)
    require(actor, VISIT, one.unit_code)
    if one.version != seen_version:
        raise CounterRefused(STALE, status=409)
    return one


@transaction.atomic
def assign(
    *, actor: Actor, visit_id: UUID, position_id: UUID, day: dt.date, half: str, message: str, seen_version: int | None, now: dt.datetime
) -> HomeVisit:
    """Say who comes and on which day; also to say it anew. The person is told. :class:`CounterRefused`."""
    one = _locked(actor, visit_id, seen_version)
    if not timezone.localdate(now) <= day <= timezone.localdate(now) + 2 * AHEAD:
        raise CounterRefused("Ngày đến phải từ hôm nay đến 60 ngày tới.", "day")
    goes = next((holder for holder in people.holders(one.unit_code, GOERS) if holder.position_id == position_id), None)
    if goes is None:
        raise CounterRefused("Người này không còn giữ chức danh tiếp nhận tại đơn vị. Bạn chọn người khác.", "position_id")
    one.officer_position_id, one.officer_label = goes.position_id, goes.label[:300]
    one.day, one.half, one.answer = day, half, message
    _move(one, "assign", now)
    record(actor, "assign_visit", one, position=str(position_id), day=day.isoformat())
    half_words = str(HomeVisit.Half(half).label)
    tell(
        one,
        "dossiers.visit_assigned",
        occasion=one.version,
        link=page_of(one),
        day=f"{half_words}, {day:%d/%m/%Y}",
        officer=one.officer_label,
    )
    return one


@transaction.atomic
def done(*, actor: Actor, visit_id: UUID, seen_version: int | None, now: dt.datetime) -> HomeVisit:
    """The officer has been there. :class:`CounterRefused`."""
    one = _locked(actor, visit_id, seen_version)
    if one.day is not None and one.day > timezone.localdate(now):
        raise CounterRefused("Ngày đến còn ở phía trước.", status=409)
    _move(one, "done", now)
    record(actor, "end_visit", one)
    return one


@transaction.atomic
def decline(*, actor: Actor, visit_id: UUID, reason: str, seen_version: int | None, now: dt.datetime) -> HomeVisit:
    """The unit cannot come; the person is told why. :class:`CounterRefused`."""
    one = _locked(actor, visit_id, seen_version)
    one.answer = reason[:500]
    _move(one, "decline", now)
    record(actor, "decline_visit", one)
    tell(one, "dossiers.visit_declined", occasion=one.version, link=page_of(one), reason=reason)
    return one


def erase(one: HomeVisit, actor: Actor) -> None:
    """Nothing is left of a request, in no backup either."""
    pk = one.pk
    one.delete()
    crypto.shred(pk, actor)


def forget(*, now: dt.datetime, seconds: float) -> tuple[int, bool]:
    """Erase requests ninety days after they last changed; one that nobody answered as well, for nobody comes any more."""

    def step(one: HomeVisit, _now: dt.datetime) -> None:
        erase(one, SYSTEM)

    rows = HomeVisit.objects.filter(changed_at__lt=now - KEPT)
    return each(rows, "changed_at", step, now=now, seconds=seconds)

"""What appointments say on the first page of an account, in the copy of somebody's data, and to who leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owner.lines import Holding, Line, Part, register_account_lines, register_farewell, register_holdings
from dossiers.appointments import booking, queries, visits
from dossiers.models import Appointment, HomeVisit, Ticket
from portal.access import Actor
from portal.audit.words import uuids

MOST = 5


def lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """Appointments ahead, and days on which an officer comes (two queries)."""
    if not actor.is_citizen:
        return
    ahead = queries.own_appointments(actor).filter(state=Appointment.State.BOOKED, starts_at__gt=now)
    for one in ahead.only("code", "starts_at", "procedure_name").order_by("starts_at", "id")[:MOST]:
        yield Line(Part.ENDING, one.procedure_name, booking.page_of(one), _("Lịch hẹn tại quầy"), one.starts_at, "", "vi")
    coming = queries.own_visits(actor).filter(state=HomeVisit.State.ASSIGNED, day__gte=timezone.localdate(now))
    for visit in coming.only("day", "procedure_name").order_by("day", "id")[:MOST]:
        yield Line(Part.ENDING, visit.procedure_name, reverse("visit", args=[visit.pk]), _("Cán bộ đến nhà"), visit.day, "", "vi")


def appointments_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every appointment."""
    for one in queries.own_appointments(actor).order_by("starts_at", "id").iterator(chunk_size=200):
        yield {
            "Mã lịch hẹn": one.code,
            "Thủ tục": one.procedure_name,
            "Cơ quan": one.unit_code,
            "Hồ sơ": one.dossier_code,
            "Giờ hẹn": one.starts_at,
            "Tình trạng": str(one.get_state_display()),
            "Họ và tên": one.name,
            "Điện thoại": one.phone,
            "Ưu tiên": str(one.get_priority_display()) if one.priority else "",
            "Đặt lúc": one.created_at,
        }


def visits_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every request for a reception at home."""
    for one in queries.own_visits(actor).order_by("created_at", "id").iterator(chunk_size=200):
        yield {
            "Thủ tục": one.procedure_name,
            "Cơ quan": one.unit_code,
            "Địa chỉ": one.address,
            "Điện thoại": one.phone,
            "Lý do": one.reason,
            "Ngày mong muốn": one.wanted_on,
            "Ngày đến": one.day,
            "Cán bộ đến": one.officer_label,
            "Tình trạng": str(one.get_state_display()),
            "Cơ quan nhắn": one.answer,
        }


def leave(actor: Actor) -> None:
    """Who leaves leaves their place to others, and nothing of theirs stays."""
    for one in list(queries.own_appointments(actor).select_for_update().order_by("pk")):
        booking.erase(one, actor)
    for visit in list(queries.own_visits(actor).order_by("pk")):
        visits.erase(visit, actor)


def numbers(ids: Iterable[str]) -> dict[str, str]:
    """Numbers by their ids as texts, for the audit's pages (one query)."""
    rows = Ticket.objects.filter(pk__in=uuids(ids)).values_list("pk", "day", "number")
    return {str(key): f"số {number}, {day:%d/%m/%Y}" for key, day, number in rows}


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(
        Holding("appointments", gettext_lazy("Lịch hẹn"), appointments_held),
        Holding("home_visits", gettext_lazy("Yêu cầu tiếp nhận tại nhà"), visits_held),
    )
    register_farewell(leave)

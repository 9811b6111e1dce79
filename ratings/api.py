"""The machine's door to the statistics: the same figures as on ``/thong-ke/``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.params import Query
from pydantic import Field

from portal.api_support import ApiError, Day, Text, errors, fresh_answer, only
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.services import note_call
from ratings import fineness, naming, queries, steering
from ratings.measured.services import told as told_by_annex
from ratings.queries import Asked, Figures

router = Router(tags=["statistics"])


class FiguresOut(Schema):
    """Dossiers, counted by days of Vietnam. Received by the day of reception, what ended by the day of its end, pending as at the end of
    the span (of one that has not ended: as of today)."""

    received: int
    received_online: int
    received_in_person: int
    received_by_post: int
    received_end_to_end: int
    """Received online through an end-to-end service; a part of ``received_online``."""
    resolved_early: int
    """Ended with a result or stopped, on a day before the appointment."""
    resolved_on_time: int
    """On the day of the appointment."""
    resolved_late: int
    resolved_undated: int
    """Resolved, where no appointment had been given."""
    pending_in_time: int
    pending_overdue: int
    """Not ended, the day of the appointment gone by."""
    refused: int
    withdrawn: int
    supplemented: int
    """Of the received: completion was asked for."""
    paid_online: int
    """Of the received."""


class ItemOut(FiguresOut):
    """A part; ``key`` is a code, or the first day of a month within the span; ``name`` is in Vietnamese, empty where none is known."""

    key: str
    name: str


class StatisticsOut(Schema):
    """The whole and its parts, in the order of their keys. ``counted_from`` and ``counted_to``, both with them, are the days asked for;
    of procedures or fields of a unit below a ministry or a province the whole months in which these lie."""

    counted_from: date
    counted_to: date
    total: FiguresOut
    items: list[ItemOut]


def told(figures: Figures) -> dict[str, int]:
    """Figures by the names of the API."""
    return {
        "received": figures.received,
        "received_online": figures.received_online,
        "received_in_person": figures.received_in_person,
        "received_by_post": figures.received_by_post,
        "received_end_to_end": figures.end_to_end,
        "resolved_early": figures.early,
        "resolved_on_time": figures.on_time,
        "resolved_late": figures.late,
        "resolved_undated": figures.undated,
        "pending_in_time": figures.pending_in_time,
        "pending_overdue": figures.overdue,
        "refused": figures.refused,
        "withdrawn": figures.withdrawn,
        "supplemented": figures.supplemented,
        "paid_online": figures.paid_online,
    }


@router.get("", response=StatisticsOut, summary="Statistics of dossiers for a span of days", openapi_extra=errors("not_found"))
@fresh_answer
def read_statistics(
    request: HttpRequest,
    first: Annotated[Day | None, Query(alias="from", description="first day; left out: the first of this month")] = None,
    last: Annotated[Day | None, Query(alias="to", description="last day, counted too; left out: today")] = None,
    agency: Annotated[Text, Field(max_length=40, description="code of an agency, with all below it; empty: the country")] = "",
    agencies: Annotated[
        Literal["reported", "today"],
        Field(description="`today`: figures of agencies that are no more are added to those that follow them"),
    ] = "reported",
    by: Annotated[
        Literal["agency", "field", "procedure", "channel", "month"], Field(description="what the parts are; agencies: those directly below")
    ] = "agency",
) -> dict[str, Any]:
    """Days are compared: the end against the appointment. Rows sent by partners that are being tried out count nowhere.

    Procedures and fields of a unit below a ministry or a province are told by whole months, so that nobody learns what a person did on a
    certain day; everything else by the days asked for.
    """
    only(request, "from", "to", "agency", "agencies", "by")
    today = timezone.localdate()
    last = last or max(today, first or today)
    first = first or last.replace(day=1)
    if first > last:
        raise ApiError("invalid_request", detail="`from` is after `to`.")
    if agency and not queries.is_known(agency):
        raise ApiError("not_found", "No agency with this code has ever handled a dossier here.")
    asked, _by = fineness.for_anybody(Asked(first, last, agency=agency, today=agencies == "today"), by)
    found = queries.statistics(asked, by=by, today=today)
    names = naming.names(by, [line.key for line in found.lines])
    return {
        "counted_from": asked.first,
        "counted_to": asked.last,
        "total": told(found.total),
        "items": [{"key": line.key, "name": names.get(line.key, ""), **told(line.figures)} for line in found.lines],
    }


steering_router = Router(tags=["steering"])


@steering_router.get(
    "/counts",
    response=dict[str, Any],
    auth=partner_auth,
    summary="How dossiers and petitions stand, for the Government's information and steering centre",
    openapi_extra=errors("unauthorized", "forbidden"),
)
def counts_now(request: HttpRequest) -> Any:
    """Today and this year so far: the country, each ministry and province; petitions of the year; satisfaction of the month. The same is
    pushed every five minutes as the message `steering.counts` to systems that asked for it."""
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.COUNTS not in partner.calls:
        raise ApiError("forbidden")
    note_call(partner, now=timezone.now())
    return steering.counts(timezone.now())


class MeasuredOut(Schema):
    """The figures of one ministry or province in the terms of the Framework's Annex I; a share of nothing is null."""

    agency: str
    name: str
    services: int
    """Services (procedures) with a dossier in the span."""
    services_end_to_end: int
    """Of these: with a dossier filed online end to end."""
    share_of_services: float | None
    """In per cent, two decimals, as the Annex writes it."""
    dossiers: int
    dossiers_end_to_end: int
    share_of_dossiers: float | None


class MeasuresOut(Schema):
    """The figures of a span of days, both with it, in the order of codes."""

    counted_from: date
    counted_to: date
    items: list[MeasuredOut]


@steering_router.get(
    "/measures",
    response=MeasuresOut,
    auth=partner_auth,
    summary="Figures in the terms of the Framework's Annex I, for the system that measures (EMC)",
    openapi_extra=errors("unauthorized", "forbidden"),
)
def measures(
    request: HttpRequest,
    first: Annotated[Day | None, Query(alias="from", description="first day; left out: the first of this year")] = None,
    last: Annotated[Day | None, Query(alias="to", description="last day, counted too; left out: today")] = None,
) -> Any:
    """By ministry and province: services and dossiers of the span, those end to end, both shares (Framework II.7)."""
    only(request, "from", "to")
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.COUNTS not in partner.calls:
        raise ApiError("forbidden")
    today = timezone.localdate()
    last = last or max(today, first or today)
    first = first or last.replace(month=1, day=1)
    if first > last:
        raise ApiError("invalid_request", detail="`from` is after `to`.")
    note_call(partner, now=timezone.now())
    return {
        "counted_from": first,
        "counted_to": last,
        "items": [{"agency": one.agency, "name": one.name, **one.values} for one in told_by_annex(first, last)],
    }

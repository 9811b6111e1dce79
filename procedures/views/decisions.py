"""Decisions in public: what each changed, and what differs between two contents of a procedure (C-02; Rules art. 16.5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, public_page
from portal.languages import address, show
from procedures import comparing, queries
from procedures.models import AnnouncedChange, Announcement, Consultation, Decision, ProcedureVersion
from procedures.services.records import record_of
from procedures.views.common import page_of
from procedures.views.sheet import translation


def _public() -> QuerySet[Decision]:
    """Decisions that published something, the newest first; one that was withdrawn is none."""
    withdrawn = Q(announcement__state=Announcement.State.WITHDRAWN)
    return Decision.objects.exclude(withdrawn).order_by(F("issued_on").desc(nulls_last=True), "number", "pk")


@public_page(rooms=CATALOGUE)
@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Every decision with how many procedures it touched, by agency where asked (``?co-quan=``). Three queries."""
    agency = request.GET.get("co-quan", "").replace("\x00", "")[:300]
    rows = _public().select_related("announcement")
    if agency:
        rows = rows.filter(agency=agency)
    counted = rows.annotate(versions_made=Count("versions", distinct=True), changes_made=Count("announcement__changes", distinct=True))
    agencies = _public().exclude(agency="").order_by("agency").values_list("agency", flat=True).distinct()
    page = page_of(request, counted, count=rows.count())
    return show(request, "procedures/decisions.html", {"page": page, "agency": agency, "agencies": agencies})


@public_page(rooms=(*CATALOGUE, "consulting"))
@require_safe
def decision_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One decision: its three days, each procedure that it touched, and the outcome of the opinions on its draft. Five queries."""
    decision = _public().filter(pk=pk).select_related("announcement").first()
    if decision is None:
        raise Http404
    found: Announcement | None = getattr(decision, "announcement", None)
    changes = [] if found is None else list(found.changes.select_related("version"))
    rows: list[dict[str, Any]] = [_changed(change) for change in changes]
    if not rows:
        versions = decision.versions.select_related("procedure").order_by("sort_key")
        empty: dict[str, Any] = {"kind": "", "parts": [], "before": None}
        rows = [{**empty, "code": one.procedure.code, "name": one.name, "day": one.effective_from} for one in versions]
    consultations = Consultation.objects.filter(announcement=found).exclude(outcome="") if found is not None else []
    context = {"decision": decision, "announcement": found, "rows": rows, "consultations": consultations}
    return show(request, "procedures/decision.html", context)


def _changed(change: AnnouncedChange) -> dict[str, Any]:
    start = change.version.effective_from if change.version is not None else None
    return {
        "code": change.procedure_code,
        "name": change.name,
        "kind": change.kind,
        "day": start if change.kind != AnnouncedChange.Kind.REPEAL else None,
        "parts": [comparing.TEXTS[part] for part in change.parts if part in comparing.TEXTS],
        "before": start - dt.timedelta(days=1) if start and change.kind in ("amend", "interlink") else None,
    }


def _day(request: HttpRequest, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


@public_page(rooms=("procedures/{code}", "catalogues"))
@require_safe
def changes_page(request: HttpRequest, code: str) -> HttpResponse:
    """What differs between the content of two days (``?tu=``, ``?den=``); without them between the newest content and the one before.
    At most twenty-four queries, whatever the sizes."""
    known = list(queries.periods(code).select_related("procedure"))
    if not known:
        raise Http404
    old, new = _chosen(known, _day(request, "tu"), _day(request, "den"))
    found = []
    if old is not None and new is not None and old.pk != new.pk:
        rows = {row.pk: record_of(row) for row in queries.whole(ProcedureVersion.objects.filter(pk__in=[old.pk, new.pk]))}
        found = comparing.differences(rows[old.pk], rows[new.pk])
    newest = known[0]
    words = translation(newest)
    context = {
        "code": code,
        "name": words.get("name") or newest.name,
        "lang": "en" if words.get("name") else "vi",
        "path": address("procedure", code),
        "old": old,
        "new": new,
        "periods": known,
        "differences": found,
        "today": timezone.localdate(),
    }
    return show(request, "procedures/changes.html", context)


def _chosen(
    known: list[ProcedureVersion], start: dt.date | None, end: dt.date | None
) -> tuple[ProcedureVersion | None, ProcedureVersion | None]:
    """The versions of two days; without days the newest and the one before it (newest first in ``known``)."""
    new = next((row for row in known if row.is_in_force(end)), None) if end else known[0]
    if start:
        return next((row for row in known if row.is_in_force(start)), None), new
    place = known.index(new) if new is not None else len(known)
    return (known[place + 1] if place + 1 < len(known) else None), new

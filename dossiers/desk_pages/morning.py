"""The first page of an officer's day: what is late, due today, new and waiting, the most pressing of each by name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from dossiers import worklists
from dossiers.models import Dossier
from portal.access import actor_of, may, visible_to
from portal.access.desk import moment
from portal.access.roles import LEADERS
from portal.access.site import DeskLine, DeskTable
from portal.workdays import national_calendar, remaining_words

WORK = "viec"
"""Of the list's address: which list."""
SHOWN = 6
"""Dossiers of each list on the first page."""
_FIRST = ("qua-han", "hom-nay", "cho-toi-ky", "moi", "cho-noi-khac")
HEADINGS = ("Hồ sơ", "Chủ hồ sơ", "Người giải quyết", "Hạn")
_ON_PANEL = frozenset({"qua-han", "qua-8-gio", "hom-nay", "cua-toi", "moi", "chua-giao", "cho-nguoi-nop", "cho-duyet-bo-sung", "cho-ky"})


def counts_of(request: HttpRequest) -> worklists.Counts:
    """The officer's counts, once a request."""
    known: worklists.Counts | None = getattr(request, "dossier_counts", None)
    if known is None:
        known = worklists.counts(actor_of(request), timezone.now())
        request.dossier_counts = known  # type: ignore[attr-defined]  # kept with the request
    return known


def list_address(name: str) -> str:
    """Where one of the lists is."""
    return f"{reverse('admin:dossiers_dossier_changelist')}?{urlencode({WORK: name})}"


def works_on_dossiers(request: HttpRequest) -> bool:
    """Whether dossiers are the officer's work."""
    actor = actor_of(request)
    return may(actor, "dossiers.read", actor.unit)


def desk_panel(request: HttpRequest) -> list[DeskLine]:
    """What waits, counted: overdue, due today, mine, new, to be signed (one bounded query, two where there is a great deal)."""
    if not works_on_dossiers(request):
        return []
    found = counts_of(request)
    shown = _ON_PANEL | ({"cho-toi-ky"} if actor_of(request).roles & LEADERS else set())
    lists = [one for one in found.lists if one.name in shown]
    return [DeskLine(one.label, found.of[one.name], list_address(one.name), one.kind, found.words(one.name)) for one in lists]


def desk_tables(request: HttpRequest) -> list[DeskTable]:
    """The first dossiers of what presses, each a way to its page (one query for each list in which something stands)."""
    if not works_on_dossiers(request):
        return []
    actor, now, found = actor_of(request), timezone.now(), counts_of(request)
    rows = worklists.with_deadline(
        visible_to(actor, Dossier.objects.defer("answers", "bill").filter(worklists.OPEN), "dossiers.read", "unit_code")
    ).order_by("deadline", "id")
    lists = sorted((one for one in found.lists if one.name in _FIRST and found.of[one.name]), key=lambda one: _FIRST.index(one.name))
    return [
        DeskTable(
            one.label,
            found.words(one.name),
            list_address(one.name),
            HEADINGS,
            [_line(row, now) for row in rows.filter(one.condition)[:SHOWN]],
        )
        for one in lists
    ]


def _line(row: Any, now: Any) -> tuple[str, list[str]]:
    """The address of a dossier, and what stands in its line."""
    waits = row.awaits_signature or row.awaits_payment or row.awaits_completion
    due = row.state_words if waits else f"{moment(row.deadline)} ({remaining_words(now, row.deadline, national_calendar())})"
    return reverse("admin:dossiers_dossier_change", args=[row.pk]), [row.code or "", row.owner_name, row.officer_label or "Chưa giao", due]


def menu(request: HttpRequest) -> list[tuple[str, str]]:
    """An officer's own work, first in the side menu: labels and addresses (no query)."""
    if not works_on_dossiers(request):
        return []
    actor, names = actor_of(request), ("cua-toi", "hom-nay", "qua-han", "moi", "chua-giao", "cho-nguoi-nop", "cho-noi-khac")
    lists = {one.name: one for one in worklists.worklists(actor, timezone.now())}
    ways = [(lists[name].label, list_address(name)) for name in names]
    if actor.roles & LEADERS:
        ways.insert(0, (lists["cho-toi-ky"].label, list_address("cho-toi-ky")))
    return [*ways, ("Sổ trong ngày", reverse("admin:dossiers_dossier_day")), ("Phím tắt", reverse("admin:dossiers_dossier_keys"))]

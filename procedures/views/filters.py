"""Narrowing a list by who asks (``?doi-tuong=``) and by how far it goes online (``?muc-do=``), with counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from procedures.models import OnlineService, ProcedureVersion, Subject
from procedures.queries import online_level
from procedures.views.sheet import subject_label

SUBJECTS = {
    "cong-dan": Subject.CITIZEN,
    "kieu-bao": Subject.OVERSEAS,
    "nguoi-nuoc-ngoai": Subject.FOREIGNER,
    "can-bo": Subject.OFFICIAL,
    "doanh-nghiep": Subject.ENTERPRISE,
    "doanh-nghiep-nuoc-ngoai": Subject.FOREIGN_ENTERPRISE,
    "to-chuc": Subject.ORGANISATION,
    "to-chuc-nuoc-ngoai": Subject.FOREIGN_ORGANISATION,
    "hop-tac-xa": Subject.COOPERATIVE,
    "dang-vien": Subject.PARTY_MEMBER,
    "to-chuc-dang": Subject.PARTY_ORGANISATION,
}
"""Values of ``?doi-tuong=``."""
LEVELS = {
    "toan-trinh": Q(online_level=OnlineService.ServiceLevel.FULL),
    "mot-phan": Q(online_level=OnlineService.ServiceLevel.PART),
    "truc-tiep": Q(online_level__isnull=True),
}
"""Values of ``?muc-do=``."""


@dataclass
class Choice:
    """One link of a filter."""

    label: str
    count: int
    query: str
    chosen: bool


@dataclass
class Filtered:
    """A list narrowed down, and the links that narrow it further."""

    rows: QuerySet[ProcedureVersion]
    count: int
    subjects: list[Choice]
    levels: list[Choice]
    query: str
    narrowed: bool


def _one_of(request: HttpRequest, name: str, known: Any) -> str:
    value = request.GET.get(name, "")
    if value and value not in known:
        raise Http404(f"{name}={value}")
    return value


def _query(**chosen: str) -> str:
    return urlencode({name.replace("_", "-"): value for name, value in chosen.items() if value})


def narrow(request: HttpRequest, rows: QuerySet[ProcedureVersion], **kept: str) -> Filtered:
    """Narrow ``rows`` by what is asked; ``kept`` stays in the links (``q=…``). One query for every count there is.

    ``rows`` must hold no version twice.
    """
    rows = rows.annotate(online_level=online_level())
    subject = _one_of(request, "doi-tuong", SUBJECTS)
    level = _one_of(request, "muc-do", LEVELS)
    by_subject = Q(subjects__contains=[SUBJECTS[subject]]) if subject else Q()
    by_level = LEVELS[level] if level else Q()
    counting = {
        **{f"s_{slug}": Count("pk", filter=Q(subjects__contains=[value]) & by_level) for slug, value in SUBJECTS.items()},
        **{f"l_{slug}": Count("pk", filter=condition & by_subject) for slug, condition in LEVELS.items()},
        "all_subjects": Count("pk", filter=by_level or None),
        "all_levels": Count("pk", filter=by_subject or None),
        "both": Count("pk", filter=(by_subject & by_level) or None),
    }
    counts = rows.order_by().aggregate(**counting)
    level_names = {"toan-trinh": _("Toàn bộ trên mạng"), "mot-phan": _("Một phần trên mạng"), "truc-tiep": _("Chưa có trên mạng")}
    subjects = [
        Choice(_("Tất cả"), counts["all_subjects"], _query(**kept, muc_do=level), not subject),
        *(
            Choice(subject_label(value), counts[f"s_{slug}"], _query(**kept, doi_tuong=slug, muc_do=level), slug == subject)
            for slug, value in SUBJECTS.items()
            if counts[f"s_{slug}"] or slug == subject
        ),
    ]
    levels = [
        Choice(_("Tất cả"), counts["all_levels"], _query(**kept, doi_tuong=subject), not level),
        *(
            Choice(level_names[slug], counts[f"l_{slug}"], _query(**kept, doi_tuong=subject, muc_do=slug), slug == level)
            for slug in LEVELS
            if counts[f"l_{slug}"] or slug == level
        ),
    ]
    narrowed = rows.filter(by_subject & by_level)
    return Filtered(narrowed, counts["both"], subjects, levels, _query(**kept, doi_tuong=subject, muc_do=level), bool(subject or level))

"""What can be asked of guides; each function states how many SQL queries it makes."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from django.db.models import Case, QuerySet, When

from portal.caching import Remembered
from procedures.guides.reading import anchors
from procedures.models import Guide

ON_A_PROCEDURE = 5


def public() -> QuerySet[Guide]:
    """What is public today, the newest first. No query."""
    return Guide.objects.filter(state="published").select_related("video", "document").order_by("-published_at", "-id")


def by_slug(slug: str) -> Guide | None:
    """The guide at an address: the public one, else the last that was. One query."""
    rows = Guide.objects.filter(slug=slug, published_at__isnull=False).select_related("video", "document")
    return rows.order_by(Case(When(state="published", then=0), default=1), "-published_at").first()


def of_procedure(code: str) -> list[Guide]:
    """Public guides to a procedure. One query."""
    return list(public().filter(procedures__contains=[code])[:ON_A_PROCEDURE])


_explained = Remembered("guides")


def explained(code: str) -> dict[str, tuple[str, str]]:
    """Fields of a procedure's form that a public guide explains → its address and anchor. Remembered: one query once they changed."""
    known = _explained.values()
    if code not in known:
        found: dict[str, tuple[str, str]] = {}
        for guide in of_procedure(code):
            for name, anchor in anchors(guide.body).items():
                found.setdefault(name, (guide.slug, anchor))
        known[code] = found
    return cast("dict[str, tuple[str, str]]", known[code])


def with_guides(codes: Collection[str]) -> set[str]:
    """Which of these procedures have a public guide. One query."""
    rows = public().filter(procedures__overlap=list(codes)).order_by().values_list("procedures", flat=True)
    return {code for row in rows for code in row} & set(codes)

"""What can be asked about content."""

from __future__ import annotations

import datetime as dt

from portal.content.models import Piece, PieceQuerySet

BANNERS = 2
"""On the home page."""


def listed(kind: str, now: dt.datetime) -> PieceQuerySet:
    """What of a kind is shown, newest first. Page it."""
    return Piece.objects.shown(now).filter(kind=kind).defer("body").order_by("-publish_at", "-id")


def by_slug(slug: str, now: dt.datetime) -> Piece | None:
    """The piece at an address that is shown now, whatever its kind; None: there is none (one query)."""
    return Piece.objects.shown(now).filter(slug=slug).order_by("-publish_at").first()


def banners(now: dt.datetime) -> list[Piece]:
    """The newest banners (one query)."""
    return list(listed(Piece.Kind.BANNER, now)[:BANNERS])

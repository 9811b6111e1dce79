"""What can be asked about notices. One SQL query each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import Case, IntegerField, When

from portal.announcements.models import Notice, NoticeQuerySet
from portal.catalogues.models import Agency

HOME_LIMIT = 3
"""Notices on the home page: more would stand between people and what they came for."""


def current(day: dt.date) -> NoticeQuerySet:
    """What is shown on a day: important ones first, then the newest. Page it or cut it: this has no end of its own."""
    return Notice.objects.on(day).order_by("-important", "-published_from", "-created_at", "-id")


def in_given_order(keys: Sequence[str], day: dt.date) -> NoticeQuerySet:
    """Those of these notices that are shown on a day, in the order of the keys. Page it."""
    places = [When(pk=key, then=place) for place, key in enumerate(keys)]
    shown = Notice.objects.on(day).filter(pk__in=keys)
    return shown.order_by(Case(*places, output_field=IntegerField())) if places else shown.none()


def for_home(day: dt.date) -> list[Notice]:
    """The first :data:`HOME_LIMIT` of a day, without their long text."""
    return list(current(day).defer("body")[:HOME_LIMIT])


def by_slug(slug: str) -> Notice | None:
    """The notice at an address, whatever its days; None: there never was one."""
    return Notice.objects.filter(slug=slug).first()


def publishers(notices: Iterable[Notice], day: dt.date) -> dict[str, str]:
    """The names of the agencies behind these notices by code, as they are called on that day; an agency that is gone is absent."""
    codes = {notice.unit_code for notice in notices}
    return dict(Agency.objects.on(day).filter(code__in=codes).values_list("code", "name")) if codes else {}

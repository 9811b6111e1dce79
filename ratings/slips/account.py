"""Slips on the first page of an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.owner.lines import Line, Part
from dossiers.models import State
from dossiers.queries import own_dossiers
from portal.access import Actor
from ratings.models import Slip

LATELY = timedelta(days=60)
MOST = 5


def slips_waiting(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """Slips of dossiers that ended lately and were not answered (two queries)."""
    if not actor.is_citizen:
        return
    ended = own_dossiers(actor).filter(state=State.RETURNED, returned_at__gt=now - LATELY).order_by("-submitted_at", "id")
    codes = list(ended.values_list("code", flat=True)[:20])
    rows = Slip.objects.filter(dossier_code__in=codes, used_on=None, open_until__gte=timezone.localdate(now)).order_by("open_until", "id")
    for row in rows[:MOST]:
        title = _("Đánh giá việc giải quyết hồ sơ %(code)s") % {"code": row.dossier_code}
        yield Line(Part.NEXT, title, reverse("slip-own", args=[row.dossier_code]), by=row.open_until)

"""How busy one-stop units are, for the map of them (requirement C-26)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dossiers.models import OPEN_STATES, Dossier, Ticket


def load_of(codes: Collection[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Of units: dossiers in work, and how many people wait at their counters now (two queries)."""
    rows = Dossier.objects.filter(unit_code__in=list(codes), state__in=OPEN_STATES).order_by().values("unit_code")
    counts = {row["unit_code"]: row["open"] for row in rows.annotate(open=Count("pk"))}
    today = Ticket.objects.filter(unit_code__in=list(codes), day=timezone.localdate(), state=Ticket.State.WAITING)
    waiting = {row["unit_code"]: row["n"] for row in today.order_by().values("unit_code").annotate(n=Count("pk"))}
    found: dict[str, list[tuple[str, str]]] = {}
    for code in codes:
        open_now, people = counts.get(code, 0), waiting.get(code, 0)
        lines = [(_("Hồ sơ đang giải quyết"), ngettext("%(n)d hồ sơ", "%(n)d hồ sơ", open_now) % {"n": open_now})]
        if people:
            lines.append((_("Đang chờ tại quầy"), ngettext("%(n)d người", "%(n)d người", people) % {"n": people}))
        found[code] = lines
    return found

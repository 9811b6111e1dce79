"""What the desk asks about one petition: who gets the same answer, what says the same, which words an agency keeps ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from dossiers.models import Dossier
from feedback.models import OPEN_STATES, Petition, ReplyTemplate


def others_of_group(petition: Petition) -> QuerySet[Petition]:
    """Petitions of the same group that the same agency has still to answer, the oldest first."""
    head = petition.group_id or petition.pk
    rows = Petition.objects.filter(Q(group_id=head) | Q(pk=head), unit_code=petition.unit_code, state__in=["new", "processing", "waiting"])
    return rows.exclude(pk=petition.pk).order_by("sent_at", "pk")


def copies_of(petition: Petition) -> list[Petition]:
    """Open petitions at the same agency whose text is the same, apart from signs and spaces, and that are in no common group yet (one
    query)."""
    if not petition.text_print or not petition.is_open:
        return []
    head = petition.group_id or petition.pk
    rows = Petition.objects.filter(text_print=petition.text_print, unit_code=petition.unit_code, ended_at__isnull=True)
    return list(rows.exclude(pk=petition.pk).exclude(pk=head).exclude(group_id=head).order_by("-sent_at")[:100])


def templates_for(petition: Petition, use: str) -> list[ReplyTemplate]:
    """Reply templates of the agency and those above it (one query)."""
    if not use:
        return []
    parts = petition.unit_code.split(".")
    units = [".".join(parts[: place + 1]) for place in range(len(parts))]
    return list(ReplyTemplate.objects.filter(unit_code__in=units, use=use, is_active=True).order_by("name", "id")[:100])


def keeps_back(dossiers: Sequence[Dossier], _now: datetime) -> dict[UUID, str]:
    """Of some dossiers those that an open petition names: the archive keeps them (one query)."""
    by_code = {one.code: one.pk for one in dossiers if one.code}
    named = Petition.objects.filter(state__in=OPEN_STATES, dossier_code__in=list(by_code)).order_by()
    codes = set(named.values_list("dossier_code", flat=True))
    return {by_code[code]: "Có phản ánh, kiến nghị về hồ sơ chưa giải quyết xong." for code in codes}

"""What messages say on the first page of an account, and in a copy of everything a party has here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owner.lines import Holding, Line, Part, register_account_lines, register_holdings
from dossiers.models import DossierMessage
from dossiers.queries import own_dossiers
from portal.access import Actor

MOST = 20


def lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """Dossiers about which the agency wrote and nobody of the party has opened it (one query)."""
    if not actor.is_citizen:
        return
    unread = DossierMessage.objects.filter(side=DossierMessage.Side.AGENCY, read_at=None, dossier__in=own_dossiers(actor))
    rows = unread.order_by().values("dossier__code", "dossier__procedure_name").annotate(last=Max("at"), n=Count("pk")).order_by("-last")
    for row in rows[:MOST]:
        title = f"{row['dossier__procedure_name']} ({row['dossier__code']})"
        words = _("Tin nhắn mới của cơ quan: %(count)d") % {"count": row["n"]}
        yield Line(Part.WAITING, title, reverse("dossier-messages", args=[row["dossier__code"]]), words, None, "wait", "vi")


def messages_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every message about the party's dossiers."""
    rows = (
        DossierMessage.objects.filter(dossier__in=own_dossiers(actor)).select_related("dossier").defer("dossier__answers", "dossier__bill")
    )
    for row in rows.order_by("dossier__submitted_at", "at", "id").prefetch_related("files__file").iterator(chunk_size=200):
        yield said_of(row)


def said_of(message: DossierMessage) -> dict[str, Any]:
    """One message as plain values."""
    return {
        "Mã hồ sơ": message.dossier.code,
        "Lúc": message.at,
        "Ai viết": message.label or "Người nộp",
        "Nội dung": message.words or "",
        "Tệp kèm theo": [str(one.file.name or "Đã xóa") for one in message.files.all()],
    }


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(Holding("dossier_messages", gettext_lazy("Tin nhắn về hồ sơ"), messages_held))

"""What the store says on the first page of an account, and in the copy of somebody's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owner.lines import Holding, Line, Part, register_account_lines, register_farewell, register_holdings
from dossiers.models import StorePaper, StorePaperFile
from dossiers.sources import SOURCES
from dossiers.store.kinds import code_shown
from dossiers.store.landing import owner_number
from dossiers.store.queries import own_papers
from portal.access import Actor
from portal.audit.words import uuids
from portal.files import services as files


def lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """How many papers there are to use again (one query)."""
    count = own_papers(actor).count() if actor.is_citizen else 0
    if count:
        hint = _("Xem, chia sẻ, dùng lại khi nộp hồ sơ")
        yield Line(Part.NEXT, _("Giấy tờ trong kho: %(count)d") % {"count": count}, reverse("store"), hint)


def papers_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every paper, with the links by which it is or was shared and how often these were opened."""
    assert actor.party_id is not None
    number = owner_number(actor.party_id)
    rows = own_papers(actor).select_related("dossier").prefetch_related("shares", "files__file").order_by("kept_at", "id")
    for row in rows.iterator(chunk_size=200):
        yield {
            "Mã giấy tờ": code_shown(number, row.kind),
            "Giấy tờ": row.title,
            "Số": row.number,
            "Về": row.about,
            "Cơ quan cấp": row.issuer,
            "Ngày cấp": row.issued_on,
            "Có giá trị đến hết ngày": row.valid_until,
            "Nguồn": str(row.get_origin_display()),
            "Hồ sơ": row.dossier.code if row.dossier is not None else None,
            "Cơ sở dữ liệu": str(SOURCES[row.registry]) if row.registry else None,
            "Chữ ký": str(row.get_signature_display()),
            "Vào kho lúc": row.kept_at,
            "Tệp (SHA-256)": [one.file.sha256 for one in row.files.all()],
            "Chia sẻ": [f"{one.made_at:%d/%m/%Y} – {one.until:%d/%m/%Y}: {one.openings}" for one in row.shares.all()],
        }


def empty(actor: Actor) -> None:
    """Who leaves takes their store along: its files are erased, and with them what they were shared by. Agencies keep their own."""
    for held in StorePaperFile.objects.select_related("file").filter(paper__in=own_papers(actor)):
        files.erase(file=held.file, actor=actor)


def titles(paper_ids: Iterable[str]) -> dict[str, str]:
    """Titles of papers by their ids as texts (one query)."""
    return {str(key): title for key, title in StorePaper.objects.filter(pk__in=uuids(paper_ids)).values_list("pk", "title")}


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(Holding("store", gettext_lazy("Kho giấy tờ"), papers_held))
    register_farewell(empty)

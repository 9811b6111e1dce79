"""What dossiers say on the first page of an account, in a copy of data, to who asks who looked, and to who wants to leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owner.lines import (
    Holding,
    Line,
    Part,
    Watched,
    register_account_lines,
    register_farewell,
    register_holdings,
    register_obstacle,
    register_watched,
)
from dossiers.models import Dossier, State
from dossiers.models.dossier import OPEN_STATES, Stage
from dossiers.models.states import Standing
from dossiers.queries import own_dossiers, own_drafts, own_expiring, removed_drafts
from dossiers.services import discard_draft, erase_removed_of
from dossiers.services.filling_in import without_row_ids
from portal.access import Actor

MOST = 20
FRESH = timedelta(days=30)
"""So long a result counts as news."""
ENDS_SOON = timedelta(days=60)
"""So long beforehand a result that expires is named: time enough to apply for the next one."""
LOOKED_AT = 1000
"""Dossiers, the newest, whose looks are told."""
LOOKS = ("dossiers.read", "dossiers.read_paper", "dossiers.read_document", "dossiers.read_message_file", "dossiers.preview")


def lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """Money due, papers asked for, results that came and that expire; and when the agency is to answer (four queries)."""
    if not actor.is_citizen:
        return
    rows = own_dossiers(actor).only(
        "code", "procedure_name", "state", "stage", "payment", "pay_until", "due_at", "response_due_at", "returned_at"
    )
    waiting = Q(payment=Standing.DUE) | Q(state=State.INCOMPLETE) | Q(state=State.RETURNED, returned_at__gt=now - FRESH)
    waiting |= Q(stage=Stage.AWAITING_OBJECTION)
    for row in rows.filter(waiting).order_by("-submitted_at", "id")[:MOST]:
        yield _waiting(row)
    running = rows.filter(state__in=OPEN_STATES, paused_at=None).exclude(payment=Standing.DUE)
    for row in running.order_by("-submitted_at", "id")[:MOST]:
        due = row.due_at or row.response_due_at
        words = _("Cơ quan đã quá hạn trả lời") if due < now else _("Cơ quan trả lời trước ngày này")
        yield Line(Part.ENDING, f"{row.procedure_name} ({row.code})", _page(row), words, due, "bad" if due < now else "", "vi")
    today = timezone.localdate(now)
    expiring = own_expiring(actor, today - FRESH, today + ENDS_SOON).values_list("document__title", "dossier__code", "valid_until")
    for title, code, last in expiring[:MOST]:
        gone = last is not None and last < today
        words = _("Đã hết giá trị") if gone else _("Có giá trị đến hết ngày này")
        yield Line(Part.ENDING, f"{title} ({code})", reverse("dossier", args=[code]), words, last, "bad" if gone else "", "vi")
    drafts = own_drafts(actor).count()
    if drafts:
        yield Line(Part.NEXT, _("Bản nháp chưa gửi: %(count)d") % {"count": drafts}, reverse("dossiers"))


def _page(row: Dossier) -> str:
    return reverse("dossier", args=[row.code])


def _waiting(row: Dossier) -> Line:
    title = f"{row.procedure_name} ({row.code})"
    if row.payment == Standing.DUE:
        return Line(Part.WAITING, title, _page(row), _("Nộp phí, lệ phí"), row.pay_until, "wait", "vi")
    if row.state == State.INCOMPLETE:
        return Line(Part.WAITING, title, _page(row), _("Bổ sung giấy tờ"), None, "wait", "vi")
    if row.awaits_objection:
        return Line(Part.WAITING, title, _page(row), _("Xem dự thảo kết quả"), None, "wait", "vi")
    return Line(Part.WAITING, title, _page(row), _("Đã có kết quả"), None, "good", "vi")


def dossiers_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every dossier with its answers."""
    for row in own_dossiers(actor).order_by("submitted_at", "id").iterator(chunk_size=200):
        yield {
            "Mã hồ sơ": row.code,
            "Thủ tục": row.procedure_name,
            "Cơ quan giải quyết": row.unit_code,
            "Người nộp": row.applicant_name,
            "Chủ hồ sơ": row.owner_name,
            "Người gửi": row.filed_by_name,
            "Tình trạng": str(row.get_state_display()),
            "Nộp lúc": row.submitted_at,
            "Tiếp nhận lúc": row.received_at,
            "Hẹn trả": row.due_at,
            "Trả kết quả lúc": row.returned_at,
            "Phí, lệ phí": str(row.get_payment_display()),
            "Đã khai": row.answers,
        }


def drafts_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every draft with its answers."""
    for rows in (own_drafts(actor), removed_drafts(actor)):
        for row in rows.order_by("updated_at", "id").iterator(chunk_size=200):
            yield {
                "Mã thủ tục": row.procedure_code,
                "Sửa lần cuối": row.updated_at,
                "Cất lúc": row.removed_at,
                "Đã khai": without_row_ids(row.answers or {}),
            }


def watched_things(actor: Actor) -> dict[str, tuple[str, str]]:
    """The newest dossiers by id, with code and page."""
    rows = own_dossiers(actor).order_by("-submitted_at", "id").values_list("pk", "code")[:LOOKED_AT]
    return {str(pk): (code, reverse("dossier", args=[code])) for pk, code in rows if code}


def still_needed(actor: Actor) -> Iterable[str]:
    """Dossiers that an agency still works on, or whose result nobody took note of."""
    count = own_dossiers(actor).filter(state__in=(*OPEN_STATES, State.DECIDED)).count()
    if count:
        yield _("Bạn còn %(count)d hồ sơ đang giải quyết. Bạn chờ kết quả hoặc rút hồ sơ trước.") % {"count": count}


def throw_drafts_away(actor: Actor) -> None:
    """Drafts are nobody's but their owner's: they go with them."""
    for draft_id, version in list(own_drafts(actor).values_list("pk", "version")):
        discard_draft(actor=actor, draft_id=draft_id, seen_version=version)
    erase_removed_of(actor)


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(
        Holding("dossiers", gettext_lazy("Hồ sơ"), dossiers_held), Holding("drafts", gettext_lazy("Bản nháp hồ sơ"), drafts_held)
    )
    register_watched(Watched("dossiers.dossier", LOOKS, gettext_lazy("Hồ sơ"), watched_things))
    register_obstacle(still_needed)
    register_farewell(throw_drafts_away)

"""What petitions say on the first page of an account, in a copy of data, to who asks who looked, and to who wants to leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
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
from feedback.models import Answer, State
from feedback.models.states import OPEN_STATES
from feedback.queries_own import own_drafts, own_petitions
from feedback.services.sending import discard_draft
from portal.access import Actor

MOST = 20
FRESH = timedelta(days=30)
LOOKED_AT = 1000


def lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """What a sender is asked to add, answers that came, and until when the others are to be answered (one query)."""
    if not actor.is_citizen:
        return
    shown = Q(state__in=OPEN_STATES) | Q(state=State.ANSWERED, answered_at__gt=now - FRESH)
    rows = own_petitions(actor).filter(shown).only("code", "state", "due_at", "supply_due_at", "helps_at")
    for row in rows[:MOST]:
        title, page = _("Phản ánh, kiến nghị %(code)s") % {"code": row.code}, reverse("petition", args=[row.code])
        if row.state == State.WAITING:
            yield Line(Part.WAITING, title, page, _("Cơ quan chờ bạn bổ sung"), row.supply_due_at, "wait")
        elif row.state == State.ANSWERED:
            if row.helps_at is None:
                yield Line(Part.WAITING, title, page, _("Đã có trả lời"), None, "good")
        else:
            late = row.due_at < now
            words = _("Cơ quan đã quá hạn trả lời") if late else _("Cơ quan trả lời trước ngày này")
            yield Line(Part.ENDING, title, page, words, row.due_at, "bad" if late else "")


def petitions_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every petition as it was sent, and its answer."""
    rows = own_petitions(actor, "cu-nhat").select_related("kind").prefetch_related("answers")
    for row in rows.iterator(chunk_size=200):
        yield {
            "Mã": row.code,
            "Loại": str(row.kind),
            "Tiêu đề": row.subject,
            "Nội dung": row.words,
            "Người gửi": row.sender,
            "Tình trạng": str(row.get_state_display()),
            "Gửi lúc": row.sent_at,
            "Trả lời lúc": row.answered_at,
            "Trả lời": [answer.words for answer in row.answers.all() if answer.state == Answer.APPROVED],
        }


def watched_things(actor: Actor) -> dict[str, tuple[str, str]]:
    """The newest petitions by id, with code and page."""
    rows = own_petitions(actor).values_list("pk", "code")[:LOOKED_AT]
    return {str(pk): (code, reverse("petition", args=[code])) for pk, code in rows}


def still_needed(actor: Actor) -> Iterable[str]:
    """Petitions that wait for an answer."""
    count = own_petitions(actor).filter(state__in=OPEN_STATES).count()
    if count:
        yield _("Bạn còn %(count)d phản ánh, kiến nghị chưa có trả lời. Bạn chờ trả lời hoặc rút lại trước.") % {"count": count}


def throw_drafts_away(actor: Actor) -> None:
    """Drafts are nobody's but their owner's: they go with them."""
    for draft in own_drafts(actor):
        discard_draft(actor=actor, draft_id=draft.pk)


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(Holding("petitions", gettext_lazy("Phản ánh, kiến nghị"), petitions_held))
    looks = ("feedback.read", "feedback.read_file", "feedback.print")
    register_watched(Watched("feedback.petition", looks, gettext_lazy("Phản ánh, kiến nghị"), watched_things))
    register_obstacle(still_needed)
    register_farewell(throw_drafts_away)

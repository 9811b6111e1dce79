"""The lists by which officers work: what is new, due, late, waits for a signature. One condition each, for lists and for counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from dossiers.models import CODE_FROM_BEHIND, DEADLINE, NAME_WORDS, OPEN_STATES, Dossier, Stage, Standing, State
from dossiers.models.dossier import Channel
from portal.access import Actor, visible_to
from portal.audit.words import uuids
from portal.crypto import blind_index, index_forms
from portal.text import search_key

OPEN = Q(state__in=OPEN_STATES)
_RUNNING = OPEN & ~Q(stage=Stage.AWAITING_SIGNATURE) & ~Q(payment=Standing.DUE) & ~Q(state=State.INCOMPLETE) & Q(paused_at=None)
"""The clock runs: after the decision, and while the applicant is to pay, to complete or to look at a draft, nobody is late."""


UNANSWERED = "qua-8-gio"


def unanswered(now: datetime) -> Q:
    """Filed online and not answered within eight working hours (D-29); what waits for its applicant's money is not owed an answer yet."""
    return Q(state=State.SUBMITTED, channel=Channel.ONLINE, response_due_at__lt=now) & ~Q(payment=Standing.DUE)


@dataclass(frozen=True)
class Worklist:
    """One list: its name in addresses, what the desk calls it, how its count is coloured."""

    name: str
    label: str
    condition: Q
    kind: str = ""


def worklists(actor: Actor, now: datetime) -> list[Worklist]:
    """All lists for an officer at a moment, what presses first. Conditions stand on rows with ``deadline``."""
    day_ends = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    mine = [one for one in (actor.position_id, actor.substitutes) if one is not None]
    others = (Q(stage=Stage.AWAITING_SIGNATURE) & ~Q(signer_position_id=actor.position_id)) | Q(stage=Stage.AWAITING_APPROVAL)
    return [
        Worklist("qua-han", "Quá hạn", _RUNNING & Q(deadline__lt=now), "bad"),
        Worklist(UNANSWERED, "Nộp trực tuyến, quá 8 giờ làm việc chưa trả lời", unanswered(now), "bad"),
        Worklist("hom-nay", "Đến hạn hôm nay", _RUNNING & Q(deadline__gte=now, deadline__lt=day_ends), "wait"),
        Worklist("cua-toi", "Của tôi", OPEN & Q(officer_id__in=mine), "info"),
        Worklist("cho-toi-ky", "Chờ tôi ký", Q(stage=Stage.AWAITING_SIGNATURE, signer_position_id=actor.position_id), "wait"),
        Worklist("moi", "Mới, chờ tiếp nhận", Q(state=State.SUBMITTED) & ~Q(payment=Standing.DUE), "info"),
        Worklist("chua-giao", "Chưa giao cho ai", OPEN & Q(officer_id=None)),
        Worklist("cho-nguoi-nop", "Chờ người nộp", Q(state=State.INCOMPLETE) | (OPEN & Q(payment=Standing.DUE))),
        Worklist("cho-noi-khac", "Chờ lãnh đạo, người khác", others),
        Worklist("cho-duyet-bo-sung", "Chờ lãnh đạo duyệt bổ sung lần nữa", Q(stage=Stage.AWAITING_APPROVAL), "wait"),
        Worklist("cho-bo-sung", "Chờ người nộp bổ sung", Q(state=State.INCOMPLETE)),
        Worklist("cho-y-kien", "Chờ người nộp xem dự thảo", Q(stage=Stage.AWAITING_OBJECTION)),
        Worklist("cho-nop-tien", "Chờ người nộp trả tiền", OPEN & Q(payment=Standing.DUE)),
        Worklist("chua-nop-tien", "Quá hạn, chưa nộp tiền", OPEN & Q(payment=Standing.UNPAID)),
        Worklist("cho-ky", "Đang chờ ký", Q(stage=Stage.AWAITING_SIGNATURE)),
        Worklist(ALL_OPEN, "Của đơn vị: đang giải quyết", OPEN),
    ]


def with_deadline(rows: QuerySet[Dossier]) -> QuerySet[Any]:
    """The rows with the moment by which the agency must act next, as ``deadline``."""
    return rows.annotate(deadline=DEADLINE)


COUNTED = 5_000
"""Open dossiers, the earliest deadlines first, among which the lists are counted: an agency's are all counted, a province's may be more."""
ORDER = ("deadline", "id")
"""Of every list: what must be done first. On rows with ``deadline``."""
MINE, ALL_OPEN = "cua-toi", "dang-mo"


@dataclass(frozen=True)
class Counts:
    """How many stand in each list. ``is_whole``: none was left out; else these are among the :data:`COUNTED` earliest deadlines."""

    lists: list[Worklist]
    of: dict[str, int]
    is_whole: bool

    def words(self, name: str) -> str:
        """A count as it is shown, with a plus where there may be more."""
        number = f"{self.of[name]:,}".replace(",", ".")
        return number if self.is_whole else f"{number}+"


def counts(actor: Actor, now: datetime) -> Counts:
    """How many dossiers stand in each list, of those the officer may see: one query over a bounded part of the open ones, in the order of
    its index, whatever the size of the table; a second, by an index of its own, for the officer's where that part is not the whole."""
    lists = worklists(actor, now)
    rows = with_deadline(visible_to(actor, Dossier.objects.filter(OPEN), "dossiers.read", "unit_code"))
    part = rows.order_by("deadline", "id")[: COUNTED + 1]
    found = part.aggregate(**{f"n{number}": Count("pk", filter=one.condition) for number, one in enumerate(lists)})
    of = {one.name: found[f"n{number}"] for number, one in enumerate(lists)}
    is_whole = of[ALL_OPEN] <= COUNTED
    if not is_whole:
        mine = next(one for one in lists if one.name == MINE)
        of[MINE] = rows.filter(mine.condition).order_by().values("pk")[: COUNTED + 1].count()
        of[ALL_OPEN] = COUNTED
    return Counts(lists, of, is_whole)


def found_by(rows: QuerySet[Dossier], term: str) -> QuerySet[Dossier]:
    """Dossiers by what people have at hand: the beginning or the end of a code, a word of the owner's name or of whom it is about with
    or without diacritics, an identity number of anybody named in it.
    """
    text = "".join(term.split())
    code, key = text.upper(), search_key(term)
    found = Q(code__startswith=code)
    if len(code) >= 3:
        # The end of a code is its beginning from behind; the index stands on that.
        found |= Q(code_from_behind__startswith=code[::-1])
    if words := re.findall("[a-z0-9]+", key):
        phrase = " <-> ".join([*words[:-1], f"{words[-1]}:*"])
        found |= Q(name_words=SearchQuery(phrase, search_type="raw", config="simple"))
    digits = "".join(char for char in text if char not in ".-")
    if len(digits) == 12 and digits.isascii() and digits.isdigit():
        found |= Q(id_blinds__overlap=index_forms(blind_index("id_number", digits)))
    return rows.alias(code_from_behind=CODE_FROM_BEHIND, name_words=NAME_WORDS).filter(found)


def dossier_codes(dossier_ids: Iterable[str]) -> dict[str, str]:
    """Codes of dossiers by their ids as texts (one query)."""
    return {str(key): code or "" for key, code in Dossier.objects.filter(pk__in=uuids(dossier_ids)).values_list("pk", "code")}

"""Published answers as a corpus: what people find instead of asking again."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from feedback.models import PublishedCase
from portal.search import Corpus, Entry, Field, Kept, Weights, Words, engine_of, tidied
from procedures import queries as procedures

LIKE = 5
"""Answers that are shown to somebody who is about to ask."""


def entry_of(case: PublishedCase) -> Entry:
    """A published answer as it is searched."""
    labels = {f"agency:{case.agency_code}", f"kind:{case.kind_id}", f"year:{timezone.localtime(case.published_at).year}"}
    if case.sector_code:
        labels.add(f"sector:{case.sector_code}")
    texts = {"title": case.title, "question": case.question, "answer": case.answer}
    return Entry(str(case.pk), texts, labels=frozenset(labels))


def _entries() -> Iterable[Entry]:
    shown = PublishedCase.objects.filter(withdrawn_at__isnull=True).order_by("-published_at", "-id")
    return (entry_of(case) for case in shown.iterator(chunk_size=500))


COMPLAINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("chậm", ("quá hạn",)),
    ("trễ", ("quá hạn",)),
    ("lâu", ("quá hạn",)),
    ("quá hạn", ("chậm",)),
    ("trễ hẹn", ("quá hạn",)),
    ("quá hẹn", ("quá hạn",)),
    ("chậm trễ", ("quá hạn",)),
    ("hách dịch", ("thái độ", "nói năng")),
    ("cửa quyền", ("thái độ", "hách dịch")),
    ("cáu gắt", ("thái độ", "nói năng")),
    ("thái độ", ("nói năng",)),
    ("nhũng nhiễu", ("gây phiền hà", "đòi tiền")),
    ("vòi vĩnh", ("gây phiền hà", "đòi tiền")),
    ("đòi thêm", ("không có trong thủ tục",)),
    ("bắt nộp", ("yêu cầu nộp",)),
    ("thu sai", ("niêm yết",)),
)
"""What people say of how they were served, and what else they say for it: looked for beside their own words. What an editor writes of the
same phrase counts instead."""


def _taught() -> tuple[Words, Weights]:
    # People call things here as they call procedures: the editors' words serve both. But these texts are people's own: who asks for "giấy
    # độc thân" means first whoever wrote so, then what an agency calls it.
    complaints = [(phrase, "also", list(meanings)) for phrase, meanings in COMPLAINTS]
    return Words.of([*complaints, *procedures.words_in_use()], own=1.0), PETITIONS.weights()


PETITIONS = Corpus(
    name="petitions",
    # People ask by what happened to them: the question says it in full, the answer in the words of the agency.
    fields={"title": Field(1.0, longest=40), "question": Field(0.5, longest=120), "answer": Field(0.25, longest=120)},
    entries=_entries,
    rooms=("petitions",),
    taught=_taught,
    taught_rooms=("search",),
    kept=Kept.POSTGRES,
)


def in_given_order(keys: Iterable[str]) -> list[PublishedCase]:
    """Those of these cases that stand, in the order of the keys. One query."""
    wanted = list(keys)
    found = PublishedCase.objects.filter(pk__in=wanted, withdrawn_at__isnull=True).in_bulk() if wanted else {}
    return [found[int(key)] for key in wanted if int(key) in found]


def like(text: str, *, limit: int = LIKE) -> list[PublishedCase]:
    """Published answers that may answer what somebody is about to send, the likeliest first; none where nothing is likely."""
    found = engine_of(PETITIONS).find(tidied(text), limit=limit)
    return in_given_order(found.keys) if found.sure else []

"""Notices as a corpus: whatever of them is shown today, in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from portal.announcements import queries
from portal.announcements.models import MAX_BODY
from portal.search import Corpus, Entry, Field

IMPORTANT = 1.1
"""By how much an important notice comes before others that answer as well."""


def _entries() -> Iterable[Entry]:
    for notice in queries.current(timezone.localdate()):
        texts = {"title": notice.title, "summary": notice.summary, "body": notice.body}
        texts |= {f"english_{part}": text for part, text in notice.english.items()}
        yield Entry(str(notice.pk), texts, IMPORTANT if notice.important else 1.0)


_LONG = MAX_BODY // 4
NOTICES = Corpus(
    name="notices",
    fields={
        "title": Field(1.0),
        "summary": Field(0.6),
        "body": Field(0.3, longest=_LONG),
        "english_title": Field(0.8),
        "english_summary": Field(0.5),
        "english_body": Field(0.25, longest=_LONG),
    },
    entries=_entries,
    rooms=("notices",),
)

"""Procedures that people file here, found by words: what a mandate can be limited to."""

from __future__ import annotations

from django.utils import timezone

from portal.search import tidied
from procedures.queries import in_given_order, with_codes
from procedures.search import current_engine, version_ids

MOST = 15


def find(words: str) -> list[tuple[str, str]]:
    """Code and name of the procedures that words, or a code, mean, best first (one or two queries beside the search's own)."""
    asked, today = tidied(words), timezone.localdate()
    exact = [(version.procedure.code, version.name) for version in with_codes([words.strip()], today)]
    ids = version_ids(current_engine().find(asked))[:MOST] if asked else []
    found = [(version.procedure.code, version.name) for version in in_given_order(ids, today).select_related("procedure")]
    return list(dict(exact + found).items())[:MOST]

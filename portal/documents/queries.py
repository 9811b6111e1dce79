"""What can be asked of documents."""

from __future__ import annotations

from collections.abc import Iterable

from portal.audit.words import uuids
from portal.documents.models import Document

SHOWN = (Document.QUEUED, Document.RENDERED, Document.AWAITING, Document.SIGNING, Document.SIGNED, Document.REVOKED)
"""States a stranger may hear of: on its way, issued, revoked. What was given up before it was signed was never there."""


def by_token(token: str) -> Document | None:
    """The document behind a proof page, or None. One query."""
    return Document.objects.filter(token=token, state__in=SHOWN).first()


def titles(document_ids: Iterable[str]) -> dict[str, str]:
    """Titles of documents by their ids as texts (one query)."""
    return {str(key): title for key, title in Document.objects.filter(pk__in=uuids(document_ids)).values_list("pk", "title")}

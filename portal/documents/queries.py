"""What can be asked of documents."""

from __future__ import annotations

from portal.documents.models import Document


def by_token(token: str) -> Document | None:
    """The document behind a proof page, or None. One query."""
    return Document.objects.filter(token=token).first()

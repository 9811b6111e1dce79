"""Publication: question and answer without personal data, as texts of their own (Rules art. 45)."""

from __future__ import annotations

from datetime import datetime

from feedback.models import Petition, PublishedCase


def empty_published(*, petition: Petition, now: datetime) -> None:
    """Let nothing stand of what was published of a petition, nor be found; its address says that it is gone."""
    PublishedCase.objects.filter(petition=petition).update(
        title="",
        question="",
        answer="",
        sender_name="",
        withdrawn_at=now,
        withdrawn_reason="Nội dung không còn được công khai.",
        changed_at=now,
    )

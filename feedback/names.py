"""What the audit trail calls the things of this room: ids → names, one query each."""

from __future__ import annotations

from collections.abc import Iterable

from feedback.models import Petition
from portal.audit.words import register_names, uuids


def petitions(ids: Iterable[str]) -> dict[str, str]:
    """Codes of petitions."""
    return {str(pk): code for pk, code in Petition.objects.filter(pk__in=uuids(ids)).values_list("pk", "code")}


def register() -> None:
    """Once, in ``ready()``."""
    register_names("feedback.petition", petitions)

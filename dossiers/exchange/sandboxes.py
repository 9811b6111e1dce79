"""What a sandbox reported leaves when its engineer empties it."""

from __future__ import annotations

from typing import Any

from dossiers.models import NationalDossier, NationalStep
from portal.exchange.developers.sandbox import sandbox_emptied
from portal.exchange.partners.models import Partner


def register() -> None:
    """Listen; once, in ``ready()``."""
    sandbox_emptied.connect(_forget, dispatch_uid="dossiers.exchange.sandboxes")


def _forget(sender: Any, partner: Partner, **_: Any) -> None:
    NationalStep.objects.filter(source=partner.code).delete()
    NationalDossier.objects.filter(source=partner.code, is_test=True).delete()

"""What the verbs of counters share: their rights, refusing in words, the locked row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from dossiers.counter_filing.rights import CASH, ENTER, HAND, OWN, RATE, REVERSE, STALE, FilingRefused
from dossiers.models import CounterFiling
from dossiers.services.common import position_of
from portal import audit
from portal.access import Actor, require, visible_to


def locked(actor: Actor, filing_id: UUID, seen_version: int | None) -> CounterFiling:
    """An open filing of the officer's unit, locked. ``CounterFiling.DoesNotExist`` behind the door; :class:`FilingRefused` where it was
    entered already, or is not the version that the page showed."""
    rows = CounterFiling.objects.select_for_update(of=("self",)).select_related("form_version")
    filing = visible_to(actor, rows, ENTER, "unit_code").get(pk=filing_id)
    require(actor, ENTER, filing.unit_code)
    position_of(actor)
    if filing.state != CounterFiling.State.OPEN:
        raise FilingRefused("Hồ sơ này đã được tiếp nhận vào hệ thống.", status=409)
    if seen_version is not None and filing.version != seen_version:
        raise FilingRefused(STALE, status=409)
    return filing


def record(actor: Actor, act: str, filing: CounterFiling, **details: Any) -> None:
    """The act in the audit trail."""
    target = "dossiers.counterfiling"
    audit.record(actor=actor, act=f"dossiers.{act}", target=target, target_id=str(filing.pk), unit=filing.unit_code, details=details)


__all__ = ["CASH", "ENTER", "HAND", "OWN", "RATE", "REVERSE", "STALE", "FilingRefused", "locked", "record"]

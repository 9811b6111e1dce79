"""What is asked of certified copies: what a copy costs on a day, which wording holds, who may sign."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from accounts import queries as people
from dossiers.copies import rules
from dossiers.copies.common import is_own
from dossiers.models import CertifiedCopy, CopyWording
from portal.access import Actor
from portal.access.roles import LEADERS
from procedures import queries as procedures
from procedures.fees import Fee
from procedures.models import Channel, FeeLine


def wording_of(unit_code: str, day: date) -> CopyWording | None:
    """The wording that holds at an agency on a day: its own newest, else that of the nearest agency above it (one query)."""
    parts = unit_code.split(".")
    above = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    rows = CopyWording.objects.filter(unit_code__in=above, valid_from__lte=day).order_by("id")
    return max(rows, key=lambda row: (len(row.unit_code), row.valid_from), default=None)


def charge_of(pages: int, day: date) -> list[rules.Line]:
    """What one copy costs on a day, by the fee lines that the catalogue's procedure has then. :class:`rules.NoFee`."""
    rule = rules.charges()
    version = procedures.procedure_on(rule.procedure, day)
    if version is None:
        raise rules.NoFee(rule.procedure)
    rows = FeeLine.objects.filter(limit__channel__version=version, limit__channel__kind=Channel.Kind.DIRECT).order_by("id")
    fees = [Fee(row.name, row.amount, row.per, row.condition, row.exemption, row.kind) for row in rows]
    return rules.charge(pages, rule, fees)


def signers_of(row: CertifiedCopy, actor: Actor, only: UUID | None = None) -> list[people.Holder]:
    """Who may sign: leaders of the agency with a key, not who prepares it, nobody whose paper it is."""
    found = [one for one in people.holders(row.unit_code, LEADERS) if only in (None, one.position_id)]
    able = [one for one in found if one.has_credential and one.person_id != actor.person_id]
    return [one for one in able if not is_own(row.party_id, one.person_id)]

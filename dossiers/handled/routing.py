"""Which system handles what is filed for a unit: rules as rows, kept by VPCP."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from dossiers.models import HandlingRule
from portal import audit
from portal.access import Actor, require
from portal.exchange.partners.consents import may_get
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.services import KEEP
from portal.exchange.partners.units import within


class RuleRefused(Exception):
    """The rule cannot be kept so. ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def partner_for(unit_code: str, procedure_code: str) -> str:
    """The code of the system that handles a dossier filed now; empty: it is handled here. The nearest unit's rule counts, then the one
    that names the procedure (one query, by index)."""
    parts = unit_code.split(".")
    units = [".".join(parts[:number]) for number in range(1, len(parts) + 1)]
    rows = HandlingRule.objects.filter(Q(procedures=[]) | Q(procedures__contains=[procedure_code]), unit_code__in=units, ended_at=None)
    found = sorted(rows, key=lambda row: (-len(row.unit_code), not row.procedures, row.pk))
    return found[0].partner_id if found else ""


@transaction.atomic
def add_rule(*, partner: str, unit_code: str, procedures: Collection[str], actor: Actor, now: datetime) -> HandlingRule:
    """From now on what is filed for a unit goes to a system. :class:`RuleRefused`."""
    require(actor, KEEP)
    found = Partner.objects.filter(pk=partner, suspended_at=None).first()
    if found is None or not may_get(found, Call.HANDLED, now):
        raise RuleRefused("Hệ thống này chưa được quyền nhận và giải quyết hồ sơ nộp trên Cổng.", "partner")
    if found.is_test:
        raise RuleRefused("Hệ thống thử nghiệm không nhận hồ sơ của người dân.", "partner")
    if not within(unit_code, found.units):
        raise RuleRefused("Hệ thống không được nói thay cơ quan này.", "unit_code")
    try:
        with transaction.atomic():
            rule = HandlingRule.objects.create(
                partner=found, unit_code=unit_code, procedures=sorted({one.strip() for one in procedures if one.strip()}), since=now
            )
    except IntegrityError:
        raise RuleRefused("Hệ thống này đã nhận hồ sơ của cơ quan này. Hãy kết thúc quy định cũ trước.", "unit_code") from None
    _note(actor, "exchange.add_handling", rule)
    return rule


@transaction.atomic
def end_rule(*, rule_id: int, actor: Actor, now: datetime) -> HandlingRule:
    """What is filed from now on is handled here again; what that system has, it goes on with. Again: no change."""
    require(actor, KEEP)
    rule = HandlingRule.objects.select_for_update().get(pk=rule_id)
    if rule.ended_at is None:
        rule.ended_at = max(now, rule.since)
        rule.save(update_fields=["ended_at"])
        _note(actor, "exchange.end_handling", rule)
    return rule


def _note(actor: Actor, act: str, rule: HandlingRule) -> None:
    details = {"partner": rule.partner_id, "procedures": rule.procedures}
    audit.record(actor=actor, act=act, target="dossiers.handlingrule", target_id=str(rule.pk), unit=rule.unit_code, details=details)

"""A day that somebody on the desk wants now: its files fetched, loaded, and the day reconciled, without waiting for the night."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments.access import may_see
from payments.models import Institution, Settlement, Statement
from payments.services.orders import account_of
from portal import audit
from portal.access import AccessDenied, Actor
from portal.exchange import beneficiary
from portal.redis import guarded_redis

logger = logging.getLogger(__name__)

KEPT = 24 * 3600
"""Seconds for which the desk can read what came of a fetch; the files and runs themselves stay."""
DAYS_BEFORE = 10
"""Money of so many days before may arrive on an agency's account on the day whose statement is fetched."""


@transaction.atomic
def ask_for_day(*, institution_code: str, day: date, actor: Actor, now: datetime) -> None:
    """Note that an officer wants the files of a day now. :class:`AccessDenied` for one who does not see the institution's money,
    ``ValueError`` for a day that has not come, or an institution whose files are not fetched."""
    institution = Institution.objects.get(pk=institution_code)
    if not may_see(actor, unit=actor.unit, institution=institution.code):
        raise AccessDenied("payments.read")
    if day > timezone.localdate(now) or not institution.files:
        raise ValueError("files are fetched of days that have come, where there is an address")
    audit.record(
        actor=actor,
        act="payments.fetch_statement",
        target="payments.institution",
        target_id=institution.code,
        details={"day": str(day)},
    )
    note(institution_code, day, "Cổng đang lấy tệp.", now=now)


def accounts_of_day(*, institution_code: str, day: date, actor: Actor) -> list[tuple[str, str]]:
    """Agencies' accounts, as far as the officer sees them, on which this institution's money may have come on a day: holder, number."""
    if not beneficiary.is_connected():
        return []
    units = (
        Settlement.objects.filter(institution=institution_code, day__range=(day - timedelta(days=DAYS_BEFORE), day))
        .order_by("unit_code")
        .values_list("unit_code", flat=True)
        .distinct()
    )
    accounts = (account_of(unit) for unit in units if may_see(actor, unit=unit))
    return sorted({(account.holder.code, account.number) for account in accounts if account is not None})


def came_of(statement: Statement | None) -> str:
    """What the desk is told of a fetch that has ended; empty for a file that stands."""
    if statement is None:
        return "Đơn vị thanh toán chưa có tệp của ngày này hoặc không trả lời. Hãy thử lại sau."
    if statement.state == Statement.REFUSED:
        reason = statement.problems[0][1] if statement.problems else "Tệp hỏng."
        return f"Tệp số {statement.pk} không dùng được: {reason}"
    return ""


def _key(institution_code: str, day: date) -> str:
    return f"payments:fetched:{institution_code}:{day.isoformat()}"


def _ask(what: Any) -> Any:
    return guarded_redis(settings.REDIS_URL, logger, "what came of a fetch is not kept: redis does not answer").ask(what)


def note(institution_code: str, day: date, words: str, *, now: datetime) -> None:
    """Keep how far a fetch has come, for the page that asked for it."""
    value = json.dumps({"at": now.isoformat(), "words": words})
    _ask(lambda client: client.set(_key(institution_code, day), value, ex=KEPT))


def noted(institution_code: str, day: date) -> tuple[datetime, str] | None:
    """How far the last fetch of a day has come; None where none was asked for lately."""
    value = _ask(lambda client: client.get(_key(institution_code, day)))
    if value is None:
        return None
    found = json.loads(value)
    return datetime.fromisoformat(found["at"]), str(found["words"])

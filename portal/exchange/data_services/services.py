"""Data services that are asked by configuration: loaded, connected, changed by VPCP."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from portal.exchange.addresses import address_problem
from portal.exchange.data_services.asking import Answer, ask
from portal.exchange.data_services.catalogue import DATA
from portal.exchange.data_services.documents import BadDocument, check
from portal.exchange.models import ServiceAnswer, ServiceSetup

SEE, KEEP = "exchange.services", "exchange.keep_services"


class SetupRefused(Exception):
    """The service cannot be kept so. ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def load() -> str:
    """What ships, where it is not there yet; a second time changes nothing."""
    now = timezone.now()
    for file in sorted((DATA / "setups").glob("*.json")):
        said = json.loads(file.read_text(encoding="utf-8"))
        check(said["document"])
        ServiceSetup.objects.get_or_create(pk=file.stem, defaults={**said, "changed_at": now})
    return f"{ServiceSetup.objects.count()} dịch vụ dữ liệu hỏi theo cấu hình"


def load_demo() -> str:
    """Let those that ship be answered by the simulators."""
    base = f"{settings.SIMULATORS_URL.rstrip('/')}/data-services"
    changed = 0
    for row in ServiceSetup.objects.filter(pk__in=[file.stem for file in (DATA / "setups").glob("*.json")]):
        if row.base in ("", f"{base}/{row.pk}") or "/data-services/" in row.base:
            row.base, row.credential, row.changed_at = f"{base}/{row.pk}", f"demo-{row.pk}-token", timezone.now()
            row.save()
            changed += 1
    return f"{changed} dịch vụ dữ liệu nối với hệ thống mô phỏng"


@transaction.atomic
def keep_setup(
    *,
    code: str,
    name: str,
    base: str,
    document: dict[str, Any],
    sign: str,
    sign_header: str,
    credential: str,
    deadline_ms: int,
    fresh_seconds: int,
    keep_seconds: int,
    is_active: bool,
    actor: Actor,
    now: datetime,
) -> ServiceSetup:
    """Connect a service, or change how it is asked; an empty ``credential`` leaves the one there is. What was kept of it is dropped."""
    require(actor, KEEP)
    try:
        check(document)
    except BadDocument as bad:
        raise SetupRefused(str(bad), "document") from None
    if base and (problem := address_problem(base)):
        raise SetupRefused(problem, "base")
    if sign == ServiceSetup.Sign.HEADER and not (sign_header.replace("-", "").isalnum() and sign_header.isascii()):
        raise SetupRefused("Tên tiêu đề gồm chữ, số, dấu gạch ngang, ví dụ X-API-Key.", "sign_header")
    row = ServiceSetup.objects.select_for_update().filter(pk=code).first() or ServiceSetup(code=code)
    row.name, row.base, row.document, row.sign, row.sign_header = name, base, document, sign, sign_header
    row.deadline_ms, row.fresh_seconds, row.keep_seconds, row.is_active, row.changed_at = (
        deadline_ms,
        fresh_seconds,
        keep_seconds,
        is_active,
        now,
    )
    if credential:
        row.credential = credential
    row.save()
    ServiceAnswer.objects.filter(setup=row).delete()
    _note(actor, "exchange.keep_service", row, base=base, active=is_active)
    return row


def try_out(*, code: str, given: dict[str, str], reason: str, actor: Actor, now: datetime) -> Answer:
    """Ask once, for somebody who sees whether it works. Who asked and why is an act; what was asked and answered is not kept in it."""
    require(actor, KEEP)
    row = ServiceSetup.objects.get(pk=code)
    with transaction.atomic():
        _note(actor, "exchange.try_service", row, reason=reason)
    return ask(code, now=now, **given)


def _note(actor: Actor, act: str, row: ServiceSetup, **details: Any) -> None:
    audit.record(actor=actor, act=act, target="exchange.servicesetup", target_id=row.pk, details=details)

"""The general adapter: a data service is asked by its description, within its deadline, behind its breaker; what is kept helps out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.crypto import blind_index, open_text, seal_text
from portal.exchange import http
from portal.exchange.data_services.documents import BadQuestion, WrongAnswer, question_of, read
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.models import ANSWER, ServiceAnswer, ServiceSetup


@dataclass(frozen=True)
class Answer:
    """What a service said; its repr shows nothing, so that no log does."""

    values: dict[str, Any] | None = field(repr=False)
    """None: the service knows of none."""
    at: datetime
    """When it said so."""
    is_kept: bool = False
    """Whether it is what was said before, for want of an answer or of need."""


def ask(code: str, /, *, now: datetime | None = None, **given: str) -> Answer:
    """Ask a service. :class:`BadQuestion` for what it does not take, ``OutsideUnavailable`` where there is neither an answer nor one that
    may still be used (``not_configured``, ``resting`` among its codes), ``OutsideRefused`` for a clear no."""
    now = now or timezone.now()
    setup = ServiceSetup.objects.filter(pk=code).first()
    if setup is None or not setup.base or not setup.is_active:
        raise OutsideUnavailable(code, "not_configured")
    asked = question_of(setup.document, given)
    mark = _mark(code, given)
    kept = ServiceAnswer.objects.filter(setup=setup, question=mark, until__gt=now).first() if setup.keep_seconds else None
    if kept is not None and now - kept.at < timedelta(seconds=setup.fresh_seconds):
        return _kept(kept)
    credential = setup.credential
    try:
        said = http.ask_registry(
            code,
            asked.method,
            f"{setup.base.rstrip('/')}/{asked.path}",
            bearer=credential if setup.sign == ServiceSetup.Sign.BEARER else "",
            headers={setup.sign_header: credential} if setup.sign == ServiceSetup.Sign.HEADER else None,
            body=asked.body,
            absent=setup.document.get("absent"),
            seconds=setup.deadline_ms / 1000,
        )
        values = read(setup.document, given, said) if said is not None else None
    except WrongAnswer:
        if kept is not None:
            return _kept(kept)
        raise OutsideUnavailable(code, "wrong_answer") from None
    except OutsideUnavailable:
        if kept is not None:
            return _kept(kept)
        raise
    if setup.keep_seconds:
        _keep(setup, mark, values, now)
    return Answer(values, now)


def _mark(code: str, given: Mapping[str, str]) -> bytes:
    """A keyed digest of a question: identity numbers are few enough to be tried one after the other."""
    text = json.dumps([code, sorted(given.items())], ensure_ascii=False)
    return hashlib.sha256(blind_index("service_question", text).encode()).digest()


def _kept(row: ServiceAnswer) -> Answer:
    return Answer(json.loads(open_text(row.sealed, context=ANSWER)), row.at, is_kept=True)


@transaction.atomic
def _keep(setup: ServiceSetup, mark: bytes, values: dict[str, Any] | None, now: datetime) -> None:
    ServiceAnswer.objects.filter(setup=setup, until__lt=now).delete()
    sealed = seal_text(json.dumps(values, ensure_ascii=False), context=ANSWER)
    ServiceAnswer.objects.update_or_create(
        setup=setup, question=mark, defaults={"sealed": sealed, "at": now, "until": now + timedelta(seconds=setup.keep_seconds)}
    )


__all__ = ["Answer", "BadQuestion", "ask"]

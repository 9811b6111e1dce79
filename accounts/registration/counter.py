"""The counter's part (A-09): an officer opens an account for who has none, who then takes it over; documents that no registry knows."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import EmailAddress, Person, Registration, Terms
from accounts.registration import services
from accounts.registration.opening import clean_number, finish
from accounts.registration.states import TABLE, State
from accounts.services.codes import WrongCode, hashed
from portal.access import AccessDenied, Actor, require
from portal.crypto import same_index

ACT = "accounts.register_at_counter"
MAX_SLIP_TRIES = 10
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class BadCounter(ValueError):
    """What cannot be done at the counter; the text says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@transaction.atomic
def register(*, actor: Actor, declared: dict[str, Any], phone: str, now: datetime) -> Registration:
    """An officer declares for somebody who stands before them and showed their card or document. The registries are asked as always.

    Whether they have an account already is not said: if so, the slip leads them to it. :class:`AccessDenied`, :class:`BadCounter` for
    the officer's own affair or phone, ``TooManyRequests``.
    """
    require(actor, ACT, actor.unit)
    blind = services.by_number(declared["id_number"]) if "id_number" in declared else services.by_document(declared["document"])
    _refuse_own(actor, blind=blind, phone=phone)
    return services.create(
        way=Registration.Way.COUNTER,
        state=State.CHECKING,
        declared=declared,
        identity_blind=blind,
        phone=phone,
        unit_code=actor.unit,
        officer_id=actor.position_id,
        now=now,
    )


def _refuse_own(actor: Actor, *, blind: str, phone: str, email: str = "") -> None:
    """An officer opens no account for themself, nor one whose codes would come to them: it would be theirs under another's name."""
    if actor.person_id is None:
        return
    officer = Person.objects.get(pk=actor.person_id)
    if same_index(blind, officer.id_blind):
        raise BadCounter("Đây là danh tính của chính bạn: cán bộ khác mở tài khoản cho bạn.")
    addresses = EmailAddress.objects.filter(person=officer) if email else []
    if (phone and phone == officer.phone) or any((one.address or "").casefold() == email.casefold() for one in addresses):
        raise BadCounter("Đây là nơi chính bạn nhận mã. Mã xác nhận phải đến với người dân.", "phone")


def _theirs(actor: Actor, registration_id: UUID) -> Registration:
    """The registration, locked, for an officer of its unit or above; one that waits for any counter is for whoever has its number."""
    registration = Registration.objects.select_for_update(of=("self",)).filter(pk=registration_id).first()
    if registration is None:
        raise AccessDenied(ACT)
    require(actor, ACT, registration.unit_code)
    return registration


@transaction.atomic
def make_slip(*, actor: Actor, registration_id: UUID, now: datetime) -> tuple[Registration, str]:
    """What the slip for the person says: the registration and its secret, which is shown this once; a newer slip ends the one before."""
    registration = _theirs(actor, registration_id)
    if registration.state != State.SLIP:
        raise BadCounter("Đăng ký này chưa đối chiếu xong hoặc đã kết thúc. Bạn tải lại trang để xem tình trạng mới nhất.")
    signs = "".join(secrets.choice(_SIGNS) for _ in range(10))
    secret = f"{signs[:5]}-{signs[5:]}"
    registration.slip_hash, registration.slip_tries = hashed("slip", registration.id, signs), 0
    registration.save(update_fields=["slip_hash", "slip_tries"])
    services.record(registration, "make_slip", actor=actor)
    return registration, secret


def take_over(*, number: str, secret: str, language: str, terms: Terms | None, now: datetime) -> Registration:
    """The person has the slip: a code goes to the phone they gave at the counter. Raises ``WrongCode``, alike for numbers of nobody.

    Tries are counted before the secret is looked at.
    """
    waiting = Registration.objects.filter(number=clean_number(number) or "-", state=State.SLIP, expires_at__gt=now).exclude(slip_hash="")
    with transaction.atomic():
        counted = waiting.filter(slip_tries__lt=MAX_SLIP_TRIES).update(slip_tries=F("slip_tries") + 1)
    if not counted:
        raise WrongCode(0)
    signs = "".join(sign for sign in secret.upper() if sign.isalnum())
    with transaction.atomic():
        registration = waiting.select_for_update(of=("self",)).first()
        if registration is None or not hmac.compare_digest(registration.slip_hash, hashed("slip", registration.id, signs)):
            raise WrongCode(0)
        registration.terms, registration.language, registration.codes_sent = terms, language, 0
        registration.save(update_fields=["terms", "language", "codes_sent"])
        services.record(registration, "show_slip")
        services.send_code(registration, now=now)
        return registration


def find(*, actor: Actor, number: str) -> Registration | None:
    """The registration that waits for a counter under a number (one query). Whoever may receive dossiers, wherever: a traveller chooses.

    Its number is what opens it: it is told to its owner alone.
    """
    require(actor, ACT, actor.unit)
    return Registration.objects.filter(number=clean_number(number) or "-", state=State.COUNTER).first()


@transaction.atomic
def accept(*, actor: Actor, number: str, now: datetime) -> Person:
    """The officer compared the document with the person and with what was declared: they agree, and the account is opened."""
    registration = _at_counter(actor, number)
    return finish(registration, now=now, actor=actor, edge="accept")


@transaction.atomic
def turn_away(*, actor: Actor, number: str, now: datetime) -> None:
    """The document is not the person's, or not what was declared."""
    registration = _at_counter(actor, number)
    services.refuse(registration, "at_counter", now=now, edge="turn_away", actor=actor)


def _at_counter(actor: Actor, number: str) -> Registration:
    require(actor, ACT, actor.unit)
    registration = (
        Registration.objects.select_for_update(of=("self",)).filter(number=clean_number(number) or "-", state=State.COUNTER).first()
    )
    if registration is None or TABLE.refusal(registration, "accept"):
        raise BadCounter("Không có đăng ký nào đang chờ đối chiếu dưới mã này.", "number")
    _refuse_own(actor, blind=registration.identity_blind, phone=registration.phone or "", email=registration.email or "")
    registration.unit_code, registration.officer_id = actor.unit, actor.position_id
    return registration

"""Devices of kiosks: registered on the desk, paired by a code that works once, withdrawn at once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dossiers.models import KioskDevice
from portal import audit
from portal.access import SYSTEM, Actor, require, visible_to
from portal.crypto import blind_index
from portal.crypto.blind import index_forms

ACT = "dossiers.manage_kiosks"
COOKIE = settings.KIOSK_COOKIE_NAME
COOKIE_AGE = timedelta(days=400)
"""As long as browsers keep any cookie; withdrawing on the desk ends it at once."""
PAIRING_FOR = timedelta(minutes=10)
CODE_DIGITS = 8
_CODE, _TOKEN = "dossiers.kiosk_code", "dossiers.kiosk_token"


class KioskRefused(Exception):
    """It cannot be done as asked; ``message`` is for who asked, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


def _record(actor: Actor, act: str, device: KioskDevice) -> None:
    audit.record(actor=actor, act=f"dossiers.{act}", target="dossiers.kioskdevice", target_id=str(device.pk), unit=device.unit_code)


@transaction.atomic
def register(*, actor: Actor, name: str, now: datetime) -> KioskDevice:
    """Note a device of the officer's unit; :func:`new_code` gives what pairs it."""
    require(actor, ACT, actor.unit)
    device = KioskDevice.objects.create(
        unit_code=actor.unit, name=" ".join(name.split())[:100], registered_by_label=actor.label[:200], registered_at=now
    )
    _record(actor, "register_kiosk", device)
    return device


def _locked(actor: Actor, device_id: UUID) -> KioskDevice:
    device = visible_to(actor, KioskDevice.objects.select_for_update(), ACT, "unit_code").get(pk=device_id)
    require(actor, ACT, device.unit_code)
    return device


@transaction.atomic
def new_code(*, actor: Actor, device_id: UUID, now: datetime) -> str:
    """A code of eight digits that pairs the device once, within :data:`PAIRING_FOR`; shown to the officer, kept nowhere in the open.

    A device that was paired stays so until the code is used: then the former browser is no kiosk any more.
    """
    device = _locked(actor, device_id)
    if device.withdrawn_at is not None:
        raise KioskRefused("Máy này đã thu hồi. Bạn đăng ký máy mới.", status=409)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    device.pairing_index, device.pairing_until = blind_index(_CODE, code), now + PAIRING_FOR
    device.save(update_fields=["pairing_index", "pairing_until"])
    _record(actor, "kiosk_code", device)
    return code


@transaction.atomic
def pair(*, code: str, now: datetime) -> str:
    """The token of a device whose code was typed in its browser; the code is used up. :class:`KioskRefused` for a wrong or an old one."""
    device = KioskDevice.objects.select_for_update().filter(pairing_index__in=index_forms(blind_index(_CODE, code[:20]))).first()
    if device is None or device.pairing_until is None or device.pairing_until <= now or device.withdrawn_at is not None:
        raise KioskRefused("Mã không đúng hoặc đã hết hạn. Bạn lấy mã mới trên bàn làm việc.", "code")
    token = secrets.token_urlsafe(32)
    device.token_index, device.pairing_index, device.pairing_until, device.paired_at = blind_index(_TOKEN, token), "", None, now
    device.save(update_fields=["token_index", "pairing_index", "pairing_until", "paired_at"])
    _record(SYSTEM, "pair_kiosk", device)
    return token


@transaction.atomic
def withdraw(*, actor: Actor, device_id: UUID, now: datetime) -> KioskDevice:
    """The browser of the device is no kiosk any more, from its next request on. Twice is the same as once."""
    device = _locked(actor, device_id)
    if device.withdrawn_at is None:
        device.withdrawn_at, device.token_index, device.pairing_index, device.pairing_until = now, "", "", None
        device.save(update_fields=["withdrawn_at", "token_index", "pairing_index", "pairing_until"])
        _record(actor, "withdraw_kiosk", device)
    return device


def by_token(token: str) -> KioskDevice | None:
    """The device of a browser (one query); None for none, or one that was withdrawn."""
    if not 20 <= len(token) <= 64:
        return None
    return KioskDevice.objects.filter(token_index__in=index_forms(blind_index(_TOKEN, token)), withdrawn_at=None).first()

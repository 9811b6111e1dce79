"""Providers outside that sign people in here, as data: entered, let in, suspended, their descriptions read (Rules art. 9.3, 12.3).

VNeID is one of them. What a web page needs of a provider stands in its row: no page calls anybody. The worker reads each provider's
description again every hour; one that could not be read for a day is not offered any more.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import IdentityProvider, OutsideIdentity, OutsideSignIn
from portal import audit
from portal.access import Actor, Assurance, require
from portal.exchange import oidc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

logger = logging.getLogger(__name__)

SEE, KEEP = "accounts.see_providers", "accounts.keep_providers"
READ_EVERY = timedelta(hours=1)
TRIED_EVERY = timedelta(minutes=1)
"""One that does not answer is asked again so often."""
HOLDS = timedelta(days=1)
"""For how long what was read of a provider is believed."""
_CODE = re.compile(r"^[a-z][a-z0-9-]{1,11}$")
_WORD = re.compile(r"^[\x21-\x7e]{1,60}$")
_Proof = IdentityProvider.Proof


class ProviderRefused(Exception):
    """What was entered of a provider cannot be; ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


# Read -----------------------------------------------------------------------------------------------------------------------------


def offered(now: datetime) -> QuerySet[IdentityProvider]:
    """The providers by which somebody can sign in now, in their order: let in, and known where they are."""
    return IdentityProvider.objects.filter(is_live=True, endpoints__isnull=False, read_at__gt=now - HOLDS).order_by("place", "code")


def offered_one(code: str, now: datetime) -> IdentityProvider | None:
    """One of them by its code, or None (one query)."""
    return offered(now).filter(code=code).first()


def redirect_uri(code: str) -> str:
    """Where this provider sends browsers back to: an address of its own, so that no answer of one is taken for another's."""
    return f"{settings.SITE_URL}/tai-khoan/qua/{code}/tro-ve/"


def client_of(row: IdentityProvider) -> oidc.Provider:
    """What the client needs of a provider. ``OutsideUnavailable`` (not_configured) where its description was never read."""
    if row.endpoints is None or not row.secret:
        raise OutsideUnavailable(f"provider_{row.code}", "not_configured")
    return oidc.Provider(
        code=row.code,
        issuer=row.issuer,
        client_id=row.client_id,
        proof=row.proof,
        secret=row.secret,
        scopes=row.scopes,
        number_claim=row.number_claim,
        endpoints=oidc.Endpoints(**row.endpoints),
    )


def worth(row: IdentityProvider, level: str) -> Assurance:
    """What a provider's statement is worth here; anything it did not agree with us on is none."""
    found = row.levels.get(level)
    return Assurance(found) if found in (int(Assurance.MEDIUM), int(Assurance.HIGH)) else Assurance.NONE


def levels_for(row: IdentityProvider, wanted: Assurance) -> list[str]:
    """What to ask a provider for, so that its answer suffices: the least that does first; empty where nothing it states does."""
    enough = [(value, name) for name, value in row.levels.items() if value >= int(wanted)]
    return [name for _, name in sorted(enough)]


# The desk -------------------------------------------------------------------------------------------------------------------------


def _issuer_problem(url: str) -> str:
    """Why this cannot be an issuer, in words; empty where it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Địa chỉ không đúng."
    if not host or len(url) > 300 or not url.isascii() or any(sign in url for sign in " \t\r\n\\?#@<>\"'"):
        return "Địa chỉ viết đủ, không dấu, không có khoảng trắng, ?, # hay @."
    is_local, is_public = host == "localhost", "." in host and not host.endswith((".local", ".internal", ".lan", ".localhost"))
    try:
        number = ipaddress.ip_address(host)
        is_local, is_public = number.is_loopback, number.is_global
    except ValueError:
        pass
    if is_local and settings.SIGN_ON_PLAIN_HTTP and parts.scheme in ("http", "https"):
        return ""
    if parts.scheme != "https":
        return "Địa chỉ phải bắt đầu bằng https://."
    return "" if is_public else "Địa chỉ phải là máy công khai trên Internet."


def new_key() -> str:
    """A key of ours for a provider that wants signatures instead of a shared secret (PEM, EC P-256)."""
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@transaction.atomic
def keep_provider(
    *,
    actor: Actor,
    code: str,
    name: str,
    issuer: str,
    client_id: str,
    proof: str,
    levels: dict[str, int],
    number_claim: str,
    now: datetime,
    secret: str = "",
    scopes: str = "openid",
    name_en: str = "",
    about: str = "",
    about_en: str = "",
    place: int = 100,
    is_new: bool = False,
) -> IdentityProvider:
    """Enter a provider, or change what is known of one. A new one signs nobody in until it is let in (:func:`let_in`).

    ``secret``: empty keeps the one there is; for ``private_key_jwt`` a key of ours is made where there is none. Another issuer is
    another provider: accounts that were linked there would be somebody else's. :class:`ProviderRefused`.
    """
    require(actor, KEEP)
    row = IdentityProvider.objects.select_for_update().filter(code=code).first()
    if row is not None and is_new:
        raise ProviderRefused("Mã này đã có.", "code")
    if row is None:
        if not _CODE.fullmatch(code):
            raise ProviderRefused("Mã gồm 2 đến 12 ký tự: chữ thường không dấu, chữ số, dấu gạch nối; bắt đầu bằng chữ.", "code")
        row = IdentityProvider(code=code, added_at=now)
    issuer = issuer.strip()
    if problem := _issuer_problem(issuer):
        raise ProviderRefused(problem, "issuer")
    if issuer != row.issuer and row.issuer and OutsideIdentity.objects.filter(provider=row).exists():
        raise ProviderRefused(
            "Đã có người liên kết với nhà cung cấp này nên địa chỉ không đổi được. Địa chỉ khác là nhà cung cấp khác.", "issuer"
        )
    if IdentityProvider.objects.filter(issuer=issuer).exclude(code=code).exists():
        raise ProviderRefused("Địa chỉ này là của một nhà cung cấp khác đã ghi.", "issuer")
    if proof not in _Proof.values:
        raise ProviderRefused("Bạn hãy chọn cách Cổng chứng minh.", "proof")
    if not name.strip():
        raise ProviderRefused("Bạn hãy ghi tên.", "name")
    if not client_id.strip():
        raise ProviderRefused("Bạn hãy ghi client_id.", "client_id")
    asked = scopes.split()
    if "openid" not in asked or not all(_WORD.fullmatch(one) for one in asked):
        raise ProviderRefused("Phạm vi là các từ cách nhau bằng khoảng trắng, trong đó có openid.", "scopes")
    if not _WORD.fullmatch(number_claim):
        raise ProviderRefused("Bạn hãy ghi tên mục chứa số định danh.", "number_claim")
    row.secret = _secret(row, proof, secret.strip())
    row.levels = _levels(levels)
    row.name, row.name_en, row.about, row.about_en = name.strip()[:100], name_en.strip()[:100], about.strip()[:200], about_en.strip()[:200]
    if issuer != row.issuer:
        # What was read of the other address says nothing about this one.
        row.endpoints = row.read_at = row.tried_at = row.silent_since = None
    row.issuer, row.client_id, row.proof = issuer, client_id.strip()[:200], proof
    row.scopes, row.number_claim, row.place = " ".join(dict.fromkeys(asked))[:200], number_claim, place
    row.save()
    _note(actor, "keep", row, issuer=row.issuer, proof=row.proof, levels=row.levels, secret_changed=bool(secret))
    return row


def _secret(row: IdentityProvider, proof: str, given: str) -> str:
    """What we prove ourselves by from now on."""
    if proof == _Proof.KEY:
        if not given:
            return row.secret if row.proof == proof and row.secret else new_key()
        try:
            oidc.own_key(given)
        except ValueError:
            raise ProviderRefused("Khóa phải là khóa riêng PEM: RSA, hoặc EC P-256.", "secret") from None
        return given
    if not given and (row.proof not in (_Proof.POST, _Proof.BASIC) or not row.secret):
        raise ProviderRefused("Bạn hãy ghi mật khẩu chung mà nhà cung cấp đã cấp.", "secret")
    return str(given or row.secret)


def _levels(levels: dict[str, int]) -> dict[str, int]:
    if not levels:
        raise ProviderRefused("Bạn hãy ghi ít nhất một mức bảo đảm.", "levels")
    for name, value in levels.items():
        # Below medium nobody is let in (Rules art. 9.4): such a level cannot even be written.
        if not _WORD.fullmatch(name) or value not in (int(Assurance.MEDIUM), int(Assurance.HIGH)):
            words = "Mỗi dòng một giá trị acr và mức của nó ở đây: 2 (trung bình) hoặc 3 (cao). Dưới trung bình không được nhận."
            raise ProviderRefused(words, "levels")
    return {name: int(value) for name, value in levels.items()}


@transaction.atomic
def let_in(*, code: str, actor: Actor) -> None:
    """From now on people sign in by this provider, once its description has been read."""
    require(actor, KEEP)
    row = _locked(code)
    if row.is_live:
        raise ProviderRefused("Nhà cung cấp này đang dùng rồi.")
    row.is_live, row.stopped_why = True, ""
    row.save(update_fields=["is_live", "stopped_why"])
    _note(actor, "let_in", row)


@transaction.atomic
def suspend(*, code: str, reason: str, actor: Actor, now: datetime) -> None:
    """From this moment on it signs nobody in: sign-ins that are under way end, and what it proves is not looked at. Links stay."""
    require(actor, KEEP)
    row = _locked(code)
    if not row.is_live:
        raise ProviderRefused("Nhà cung cấp này không đang dùng.")
    if not reason.strip():
        raise ProviderRefused("Bạn hãy ghi lý do.", "reason")
    row.is_live, row.stopped_why = False, reason.strip()[:500]
    row.save(update_fields=["is_live", "stopped_why"])
    under_way = OutsideSignIn.objects.filter(provider=row, expires_at__gt=now, state__in=["begun", "answered", "proved"])
    ended = under_way.update(state=OutsideSignIn.State.REFUSED, code_sealed="", verifier_sealed="", refusal=STOPPED)
    _note(actor, "suspend", row, reason=row.stopped_why, ended=ended)


STOPPED = gettext_noop("Cách đăng nhập này vừa tạm ngừng. Bạn đăng nhập bằng cách khác.")


def _locked(code: str) -> IdentityProvider:
    row = IdentityProvider.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise ProviderRefused("Không có nhà cung cấp này.")
    return row


def _note(actor: Actor, act: str, row: IdentityProvider, **details: Any) -> None:
    audit.record(actor=actor, act=f"accounts.provider_{act}", target="accounts.identityprovider", target_id=row.code, details=details)


# The worker -----------------------------------------------------------------------------------------------------------------------


def read(row: IdentityProvider, now: datetime) -> IdentityProvider:
    """Read what a provider says of itself, and keep it. Raises ``OutsideUnavailable``, ``OutsideRefused``; that is kept, too."""
    ours = IdentityProvider.objects.filter(code=row.code, issuer=row.issuer)
    try:
        found = oidc.discover(row.code, row.issuer)
    except (OutsideUnavailable, OutsideRefused) as error:
        ours.filter(silent_since=None).update(silent_since=now)
        ours.update(tried_at=now)
        if isinstance(error, OutsideRefused):
            mistrust(row.code, error.code, now)
        raise
    ours.update(endpoints=asdict(found), read_at=now, tried_at=now, silent_since=None)
    row.endpoints, row.read_at, row.silent_since = asdict(found), now, None
    return row


def read_due(now: datetime) -> int:
    """Read the descriptions whose time it is: every hour, of one that did not answer every minute. How many were read."""
    is_due = Q(tried_at=None) | Q(tried_at__lte=now - READ_EVERY) | Q(silent_since__isnull=False, tried_at__lte=now - TRIED_EVERY)
    done = 0
    for row in IdentityProvider.objects.filter(is_due, is_live=True).order_by("place", "code")[:50]:
        try:
            read(row, now)
            done += 1
        except (OutsideUnavailable, OutsideRefused) as error:
            logger.warning("provider %s cannot be read: %s", row.code, error.code)
    return done


def mistrust(code: str, fault: str, now: datetime) -> None:
    """Note that what a provider answered could not be trusted: in the log, on its row, and by that on the desk and in the figures."""
    logger.error("provider %s answered what cannot be trusted: %s", code, fault)
    IdentityProvider.objects.filter(code=code).update(fault=fault[:60], fault_at=now)


FAULTS_TOLD = timedelta(days=1)


def faults_lately(now: datetime) -> int:
    """How many sign-ins of the last day brought an answer that could not be trusted (one query, bounded)."""
    rows = OutsideSignIn.objects.filter(created_at__gt=now - FAULTS_TOLD).exclude(fault__in=["", "mixed_up"])
    return rows.order_by()[:1000].count()

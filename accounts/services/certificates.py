"""Officers' sign-in by certificate through the remote signing service (Rules art. 11, 12.1, 12.3; high assurance).

The officer proves to their own signing service who they are (PIN); it signs our challenge; we check the signature, the
certificate's path and revocation, and that the certificate names this officer. Nothing outside is asked while the page waits:
the callback stores the code, the worker does the rest, the page of the sign-in looks again each second.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from accounts.identifiers import clean_id_number
from accounts.models import CertificateSignIn, Position
from portal import audit, outbox
from portal.access import SYSTEM
from portal.crypto import blind_index, open_text, seal_text
from portal.crypto.certificates import CertificateRefused, verify_signed_challenge
from portal.exchange import csc
from portal.exchange.errors import OutsideRefused

LIFETIME = timedelta(minutes=10)
CALLBACK = "/tai-khoan/can-bo/tro-ve/"
_SALT = "accounts.certificate"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_RSA_SHA256 = "1.2.840.113549.1.1.11"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"


class NoSuchOfficer(Exception):
    """No position in force, or none with a certificate, for this identity number."""


def _text_to_sign(sign_in: CertificateSignIn) -> bytes:
    """What the key signs: names the portal and the purpose, so that it can serve for nothing else."""
    return b"dvcqg sign-in\n" + settings.SITE_URL.encode() + b"\n" + str(sign_in.id).encode() + b"\n" + bytes(sign_in.challenge)


def begin(*, id_number: str, now: datetime) -> CertificateSignIn:
    """Begin a sign-in for the officer with this identity number. Raises :class:`NoSuchOfficer`."""
    number = clean_id_number(id_number)
    positions = Position.objects.filter(
        person__id_blind=blind_index("id_number", number), person__user__is_active=True, valid_from__lte=now
    ).exclude(credential_id="")
    for position in positions.order_by("-valid_from", "id")[:10]:
        if position.is_held(now=now):
            return CertificateSignIn.objects.create(
                position=position, challenge=secrets.token_bytes(32), created_at=now, expires_at=now + LIFETIME
            )
    raise NoSuchOfficer


def authorisation_url(sign_in: CertificateSignIn) -> str:
    """Where the officer's browser goes to allow the signature at the signing service."""
    return csc.authorize_url(
        credential_id=sign_in.position.credential_id,
        state=signing.dumps(str(sign_in.id), salt=_SALT),
        redirect_uri=settings.SITE_URL + CALLBACK,
        hashes=[hashlib.sha256(_text_to_sign(sign_in)).digest()],
        description="Đăng nhập Cổng Dịch vụ công Quốc gia",
    )


def id_from_state(state: str) -> UUID | None:
    """The sign-in that a callback's ``state`` names, or None for a state we did not make."""
    try:
        return UUID(signing.loads(state, salt=_SALT, max_age=LIFETIME))
    except (signing.BadSignature, ValueError):
        return None


@transaction.atomic
def answer(*, sign_in_id: UUID, code: str, now: datetime) -> None:
    """Keep the code that came back, sealed, and let the worker check it. A second answer changes nothing."""
    changed = CertificateSignIn.objects.filter(id=sign_in_id, state=CertificateSignIn.State.BEGUN, expires_at__gt=now).update(
        state=CertificateSignIn.State.ANSWERED, code_sealed=seal_text(code)
    )
    if changed:
        outbox.put("accounts.prove_certificate", key=str(sign_in_id), payload={"sign_in": str(sign_in_id)}, queue="now")


def refuse(*, sign_in_id: UUID, reason: str) -> None:
    """Close a sign-in that cannot succeed; the waiting page shows the reason."""
    CertificateSignIn.objects.filter(id=sign_in_id, state__in=[CertificateSignIn.State.BEGUN, CertificateSignIn.State.ANSWERED]).update(
        state=CertificateSignIn.State.REFUSED, refusal=reason[:300], code_sealed=""
    )


def prove(*, sign_in_id: UUID, now: datetime) -> None:
    """Fetch the signature and check everything (worker). Raises ``OutsideUnavailable`` to be tried again."""
    sign_in = CertificateSignIn.objects.select_related("position__person").get(id=sign_in_id)
    if sign_in.state != CertificateSignIn.State.ANSWERED:
        return
    text = _text_to_sign(sign_in)
    try:
        sad = csc.exchange_code(open_text(sign_in.code_sealed), settings.SITE_URL + CALLBACK)
        credential = csc.credential_info(sign_in.position.credential_id)
        [signature] = csc.sign_hash(
            credential_id=sign_in.position.credential_id,
            sad=sad,
            hashes=[hashlib.sha256(text).digest()],
            hash_oid=_SHA256,
            sign_oid=_ECDSA_SHA256 if _ECDSA_SHA256 in credential.algo else _RSA_SHA256,
        )
        facts = verify_signed_challenge(credential.chain, signature, text, at=now)
    except OutsideRefused:
        refuse(sign_in_id=sign_in_id, reason="Dịch vụ ký số không chấp nhận. Bạn hãy đăng nhập lại từ đầu.")
        return
    except CertificateRefused as refused:
        refuse(sign_in_id=sign_in_id, reason=refused.message)
        return
    if facts.id_number != sign_in.position.person.id_number:
        refuse(sign_in_id=sign_in_id, reason="Chứng thư số này không phải của cán bộ đang đăng nhập.")
        return
    CertificateSignIn.objects.filter(id=sign_in_id, state=CertificateSignIn.State.ANSWERED).update(
        state=CertificateSignIn.State.PROVED, code_sealed="", certificate_serial=str(facts.serial)[:80]
    )


@transaction.atomic
def use(*, sign_in_id: UUID, now: datetime) -> Position | None:
    """Use up a proved sign-in, once, in the browser that began it; None when it is not (any longer) proved."""
    sign_in = (
        CertificateSignIn.objects.select_for_update(of=("self",))
        .select_related("position__person__user")
        .filter(id=sign_in_id, state=CertificateSignIn.State.PROVED, expires_at__gt=now)
        .first()
    )
    if sign_in is None or not sign_in.position.is_held(now=now):
        return None
    sign_in.state = CertificateSignIn.State.USED
    sign_in.save(update_fields=["state"])
    audit.record(
        actor=SYSTEM,
        act="accounts.sign_in",
        target="accounts.position",
        target_id=str(sign_in.position_id),
        unit=sign_in.position.unit_code,
        details={"by": "certificate", "serial": sign_in.certificate_serial},
    )
    return sign_in.position

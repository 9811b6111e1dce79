"""Officers' sign-in by certificate through the remote signing service (Rules art. 11, 12.1, 12.3; high assurance).

The officer proves to their own signing service who they are (account, PIN); it signs our challenge; we check the signature, the
certificate's path and revocation, and whose certificate it is. Nobody types a number here and none stands in an address, so a stranger
learns nothing about who is an officer. Nothing outside is asked while the page waits: the callback stores the code, the worker does
the rest, the page of the sign-in looks again each second. What was obtained from outside is kept before the next step uses it, so
that a silent service costs no second authorisation.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from accounts.models import CertificateSignIn, Position
from portal import audit, outbox
from portal.access import SYSTEM
from portal.crypto import blind_index, open_text, seal_text
from portal.crypto.certificates import CertificateFacts, CertificateRefused, verify_signed_challenge
from portal.exchange import csc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

LIFETIME = timedelta(minutes=10)
CALLBACK = "/tai-khoan/can-bo/tro-ve/"
NOT_REGISTERED = "Chứng thư số này chưa được đăng ký cho chức danh nào còn hiệu lực trên Cổng. Bạn hãy hỏi quản trị viên của đơn vị."
NOT_ACCEPTED = "Dịch vụ ký số không chấp nhận. Bạn hãy đăng nhập lại từ đầu."
SILENT = "Dịch vụ ký số đang gián đoạn. Bạn hãy thử lại sau ít phút."
_SALT = "accounts.certificate"
_ACTIVATION, _CREDENTIAL = "accounts.certificate.activation", "accounts.certificate.credential"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_RSA_SHA256 = "1.2.840.113549.1.1.11"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_SPENT = {"code_sealed": "", "activation_sealed": "", "credential_sealed": "", "signature": None}


class _Refused(Exception):
    """This sign-in cannot succeed; the text is for the officer."""


def _text_to_sign(sign_in: CertificateSignIn) -> bytes:
    """What the key signs: names the portal and the purpose, so that it can serve for nothing else."""
    return b"dvcqg sign-in\n" + settings.SITE_URL.encode() + b"\n" + str(sign_in.id).encode() + b"\n" + bytes(sign_in.challenge)


def begin(*, now: datetime) -> CertificateSignIn:
    """Begin a sign-in of whoever comes back with a certificate."""
    return CertificateSignIn.objects.create(challenge=secrets.token_bytes(32), created_at=now, expires_at=now + LIFETIME)


def authorisation_url(sign_in: CertificateSignIn) -> str:
    """Where the officer's browser goes to choose their key and allow the signature at the signing service. Names nobody."""
    return csc.authorize_url(
        qualifier=settings.REMOTE_SIGNING_QUALIFIER,
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
        outbox.put("accounts.prove_certificate", key=str(sign_in_id), payload={"sign_in": str(sign_in_id)})


def refuse(*, sign_in_id: UUID, reason: str) -> None:
    """Close a sign-in that cannot succeed; the waiting page shows the reason."""
    CertificateSignIn.objects.filter(id=sign_in_id, state__in=[CertificateSignIn.State.BEGUN, CertificateSignIn.State.ANSWERED]).update(
        state=CertificateSignIn.State.REFUSED, refusal=reason[:300], **_SPENT
    )


def may_still_succeed(sign_in_id: UUID, *, at: datetime) -> bool:
    """Whether the officer's page would still take an answer at this moment."""
    return CertificateSignIn.objects.filter(id=sign_in_id, state=CertificateSignIn.State.ANSWERED, expires_at__gt=at).exists()


def prove(*, sign_in_id: UUID, now: datetime) -> None:
    """Fetch the signature and check everything (worker).

    Raises ``OutsideUnavailable`` to be tried again, also when only the revocation service is silent; a later try goes on where this
    one ended.
    """
    sign_in = CertificateSignIn.objects.get(id=sign_in_id)
    if sign_in.state != CertificateSignIn.State.ANSWERED:
        return
    text = _text_to_sign(sign_in)
    try:
        credential_id = _obtain_activation(sign_in, now)
        credential = csc.credential_info(credential_id)
        if sign_in.signature is None:
            _obtain_signature(sign_in, credential_id, credential, text)
        facts = verify_signed_challenge(credential.chain, bytes(sign_in.signature or b""), text, at=now)
        position = _position_of(facts, credential_id, now)
    except OutsideRefused:
        refuse(sign_in_id=sign_in_id, reason=NOT_ACCEPTED)
    except CertificateRefused as refused:
        if refused.is_temporary:
            raise OutsideUnavailable("revocation", "timeout") from refused
        refuse(sign_in_id=sign_in_id, reason=refused.message)
    except _Refused as refused:
        refuse(sign_in_id=sign_in_id, reason=str(refused))
    else:
        CertificateSignIn.objects.filter(id=sign_in_id, state=CertificateSignIn.State.ANSWERED).update(
            state=CertificateSignIn.State.PROVED, position=position, certificate_serial=str(facts.serial)[:80], **_SPENT
        )


def _obtain_activation(sign_in: CertificateSignIn, now: datetime) -> str:
    """The key that was chosen; its activation data are bought with the code, once, and kept before they are used."""
    if not sign_in.activation_sealed:
        sad = csc.exchange_code(open_text(sign_in.code_sealed), settings.SITE_URL + CALLBACK)
        if not sad.credential_id:
            raise _Refused(NOT_ACCEPTED)
        sign_in.activation_sealed = seal_text(sad.token, context=_ACTIVATION)
        sign_in.credential_sealed = seal_text(sad.credential_id, context=_CREDENTIAL)
        sign_in.activation_expires_at, sign_in.code_sealed = sad.expires_at, ""
        sign_in.save(update_fields=["activation_sealed", "credential_sealed", "activation_expires_at", "code_sealed"])
    return open_text(sign_in.credential_sealed, context=_CREDENTIAL)


def _obtain_signature(sign_in: CertificateSignIn, credential_id: str, credential: csc.CredentialInfo, text: bytes) -> None:
    [signature] = csc.sign_hash(
        credential_id=credential_id,
        sad=open_text(sign_in.activation_sealed, context=_ACTIVATION),
        hashes=[hashlib.sha256(text).digest()],
        hash_oid=_SHA256,
        sign_oid=_ECDSA_SHA256 if _ECDSA_SHA256 in credential.algo else _RSA_SHA256,
    )
    sign_in.signature = signature
    sign_in.save(update_fields=["signature"])


def _position_of(facts: CertificateFacts, credential_id: str, now: datetime) -> Position:
    """The newest position in force of the certificate's holder for which this key is registered."""
    blind = blind_index("id_number", facts.id_number) if facts.id_number else ""
    positions = Position.objects.filter(
        person__id_blind=blind, person__user__is_active=True, valid_from__lte=now, credential__isnull=False
    ).select_related("person")
    for position in positions.order_by("-valid_from", "id")[:10]:
        if position.is_held(now=now) and position.credential == credential_id:
            return position
    raise _Refused(NOT_REGISTERED)


@transaction.atomic
def use(*, sign_in_id: UUID, now: datetime) -> Position | None:
    """Use up a proved sign-in, once, in the browser that began it; None when it is not (any longer) proved."""
    sign_in = (
        CertificateSignIn.objects.select_for_update(of=("self",))
        .select_related("position__person__user")
        .filter(id=sign_in_id, state=CertificateSignIn.State.PROVED, expires_at__gt=now)
        .first()
    )
    position = sign_in.position if sign_in is not None else None
    if sign_in is None or position is None or not position.is_held(now=now):
        return None
    sign_in.state = CertificateSignIn.State.USED
    sign_in.save(update_fields=["state"])
    audit.record(
        actor=SYSTEM,
        act="accounts.sign_in",
        target="accounts.position",
        target_id=str(position.id),
        unit=position.unit_code,
        details={"by": "certificate", "serial": sign_in.certificate_serial},
    )
    return position

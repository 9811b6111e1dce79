"""Who signed a challenge at the remote signing service: shared by every way that rests on a certificate (Rules art. 11, 12.1, 12.3).

The signer proves to their own signing service who they are (account, PIN); it signs our challenge; we check the signature, the
certificate's path and revocation. Nobody types a number here and none stands in an address. Nothing outside is asked while the page
waits: the callback stores the code, the worker does the rest, the page looks again each second. What was obtained from outside is kept
before the next step uses it, so that a silent service costs no second authorisation.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from accounts.models import SignedChallenge
from accounts.models.sessions import Way
from portal import outbox, watch
from portal.crypto import open_text, seal_text
from portal.crypto.certificates import CertificateFacts, CertificateRefused, Purpose, Trust, validate, verify_signed_challenge
from portal.crypto.signed_files import LONGEST, verify_signed_file
from portal.exchange import csc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

LIFETIME = timedelta(minutes=10)
NOT_ACCEPTED = "Dịch vụ ký số không chấp nhận. Bạn hãy đăng nhập lại từ đầu."
SILENT = "Dịch vụ ký số đang gián đoạn. Bạn hãy thử lại sau ít phút."
_ACTIVATION, _CREDENTIAL = "accounts.certificate.activation", "accounts.certificate.credential"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_RSA_SHA256 = "1.2.840.113549.1.1.11"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
SPENT: dict[str, Any] = {"code_sealed": "", "activation_sealed": "", "credential_sealed": "", "signature": None}
"""What nobody needs once it is known who signed."""


class TooLarge(Exception):
    """An uploaded file that no signature over our few lines is."""


class SignatureRefused(Exception):
    """This signature cannot succeed; the text is for the signer."""


@dataclass(frozen=True)
class Use:
    """What a signature is asked for. ``purpose`` stands in what is signed, so that a signature serves for nothing else."""

    model: type[SignedChallenge]
    purpose: str
    salt: str
    """Of the ``state`` that goes with the browser."""
    callback: str
    """Path of ours to which the signing service sends the browser back."""
    description: str
    """What the signer reads at the signing service."""
    message: str
    """Kind of the outbox message that has the worker prove it."""
    trust: Trust
    """Whose roots the certificate must end at: the State's for officers, the public authorities' for citizens and organisations."""

    def text(self, row: SignedChallenge) -> bytes:
        """What the key signs: names the portal and the purpose."""
        return f"dvcqg {self.purpose}\n".encode() + settings.SITE_URL.encode() + b"\n" + str(row.id).encode() + b"\n" + bytes(row.challenge)

    def begin(self, *, now: datetime, **more: Any) -> Any:
        """Begin for whoever comes back with a certificate."""
        return self.model._default_manager.create(challenge=secrets.token_bytes(32), created_at=now, expires_at=now + LIFETIME, **more)

    def authorisation_url(self, row: SignedChallenge) -> str:
        """Where the signer's browser goes to choose their key and allow the signature at the signing service. Names nobody."""
        return csc.authorize_url(
            qualifier=settings.REMOTE_SIGNING_QUALIFIER,
            state=signing.dumps(str(row.id), salt=self.salt),
            redirect_uri=settings.SITE_URL + self.callback,
            hashes=[hashlib.sha256(self.text(row)).digest()],
            description=self.description,
        )

    def id_from_state(self, state: str) -> UUID | None:
        """The row that a callback's ``state`` names, or None for a state we did not make."""
        try:
            return UUID(signing.loads(state, salt=self.salt, max_age=LIFETIME))
        except (signing.BadSignature, ValueError):
            return None

    @transaction.atomic
    def answer(self, *, row_id: UUID, code: str, now: datetime) -> None:
        """Keep the code that came back, sealed, and let the worker check it. A second answer changes nothing."""
        begun = self.model._default_manager.filter(id=row_id, state=SignedChallenge.State.BEGUN, expires_at__gt=now)
        if begun.update(state=SignedChallenge.State.ANSWERED, code_sealed=seal_text(code)):
            outbox.put(self.message, key=str(row_id), payload={"sign_in": str(row_id)})

    def file_text(self, row: SignedChallenge) -> bytes:
        """What a token's program signs: lines that name the portal, the purpose and this one row, so that it serves for nothing else."""
        lines = [f"dvcqg {self.purpose} by file", settings.SITE_URL, str(row.id), bytes(row.challenge).hex()]
        return ("\n".join(lines) + "\n").encode()

    @transaction.atomic
    def take(self, *, row_id: UUID, way: Way, material: bytes, now: datetime) -> bool:
        """Keep a signed file, or the certificate of a handshake, and let the worker check it. False where none is waited for (any more).

        Raises :class:`TooLarge`.
        """
        if len(material) > LONGEST:
            raise TooLarge
        # Of the models that a token may answer, which have a way and its material.
        rows: Any = self.model._default_manager
        begun = rows.filter(id=row_id, way=way, state=SignedChallenge.State.BEGUN, expires_at__gt=now)
        if not begun.update(state=SignedChallenge.State.ANSWERED, material=material):
            return False
        outbox.put(self.message, key=str(row_id), payload={"sign_in": str(row_id)})
        return True

    def facts_of_material(self, row: Any, *, now: datetime) -> CertificateFacts:
        """Whose certificate the material is of, checked to its end (worker). Raises :class:`SignatureRefused`, ``OutsideUnavailable``."""
        material = bytes(row.material or b"")
        try:
            if row.way == Way.FILE:
                return verify_signed_file(material, self.file_text(row), at=now, trust=self.trust)
            # That its holder has the key, the handshake has shown.
            return validate(material, at=now, purpose=Purpose.SIGN_IN, trust=self.trust)
        except CertificateRefused as refused:
            if refused.is_temporary:
                raise OutsideUnavailable("revocation", "timeout") from refused
            watch.see("certificate_refused", self.message)
            raise SignatureRefused(refused.message) from refused

    def credential_of(self, row: SignedChallenge) -> str:
        """The key that was chosen at the signing service; empty where none was, or no longer known."""
        return open_text(row.credential_sealed, context=_CREDENTIAL) if row.credential_sealed else ""

    def refuse(self, *, row_id: UUID, reason: str) -> bool:
        """Close one that cannot succeed; the waiting page shows the reason. Whether it was open."""
        still = self.model._default_manager.filter(id=row_id, state__in=[SignedChallenge.State.BEGUN, SignedChallenge.State.ANSWERED])
        return bool(still.update(state=SignedChallenge.State.REFUSED, refusal=reason[:300], **SPENT))

    def may_still_succeed(self, row_id: UUID, *, at: datetime) -> bool:
        """Whether the signer's page would still take an answer at this moment."""
        return self.model._default_manager.filter(id=row_id, state=SignedChallenge.State.ANSWERED, expires_at__gt=at).exists()

    def facts(self, row: Any, *, now: datetime) -> tuple[CertificateFacts, str]:
        """Fetch the signature and check everything (worker): whose certificate it is, and the key's identifier at the service.

        Raises :class:`SignatureRefused`; ``OutsideUnavailable`` to be tried again, also when only the revocation service is silent: a
        later try goes on where this one ended.
        """
        text = self.text(row)
        try:
            credential_id = _obtain_activation(row, settings.SITE_URL + self.callback)
            credential = csc.credential_info(credential_id)
            if row.signature is None:
                _obtain_signature(row, credential_id, credential, text)
            return verify_signed_challenge(credential.chain, bytes(row.signature or b""), text, at=now, trust=self.trust), credential_id
        except OutsideRefused as refused:
            raise SignatureRefused(NOT_ACCEPTED) from refused
        except CertificateRefused as refused:
            if refused.is_temporary:
                raise OutsideUnavailable("revocation", "timeout") from refused
            watch.see("certificate_refused", self.message)
            raise SignatureRefused(refused.message) from refused


def _obtain_activation(row: SignedChallenge, redirect_uri: str) -> str:
    """The key that was chosen; its activation data are bought with the code, once, and kept before they are used."""
    if not row.activation_sealed:
        sad = csc.exchange_code(open_text(row.code_sealed), redirect_uri)
        if not sad.credential_id:
            raise SignatureRefused(NOT_ACCEPTED)
        row.activation_sealed = seal_text(sad.token, context=_ACTIVATION)
        row.credential_sealed = seal_text(sad.credential_id, context=_CREDENTIAL)
        row.activation_expires_at, row.code_sealed = sad.expires_at, ""
        row.save(update_fields=["activation_sealed", "credential_sealed", "activation_expires_at", "code_sealed"])
    return open_text(row.credential_sealed, context=_CREDENTIAL)


def _obtain_signature(row: SignedChallenge, credential_id: str, credential: csc.CredentialInfo, text: bytes) -> None:
    [signature] = csc.sign_hash(
        credential_id=credential_id,
        sad=open_text(row.activation_sealed, context=_ACTIVATION),
        hashes=[hashlib.sha256(text).digest()],
        hash_oid=_SHA256,
        sign_oid=_ECDSA_SHA256 if _ECDSA_SHA256 in credential.algo else _RSA_SHA256,
    )
    row.signature = signature
    row.save(update_fields=["signature"])

"""Officers' sign-in by certificate through the remote signing service (Rules art. 11, 12.1, 12.3; high assurance).

How a signature is asked for and checked: :mod:`accounts.services.challenges`. Here is whose position it opens. Nobody types a number
and none stands in an address, so a stranger learns nothing about who is an officer.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import CertificateSignIn, Position
from accounts.models.sessions import Way
from accounts.officers.high_level import open_accounts, waiting_accounts
from accounts.owner import locks
from accounts.services.challenges import NOT_ACCEPTED, SILENT, SPENT, SignatureRefused, Use
from portal import audit
from portal.access import SYSTEM, Assurance
from portal.crypto import blind_index
from portal.crypto.certificates import CertificateFacts, Trust

__all__ = ["NOT_ACCEPTED", "NOT_REGISTERED", "SILENT", "answer", "authorisation_url", "begin", "id_from_state", "may_still_succeed",
           "prove", "refuse", "take", "text_of", "use"]  # fmt: skip

CALLBACK = "/tai-khoan/can-bo/tro-ve/"
NOT_REGISTERED = "Chứng thư số này chưa được đăng ký cho chức danh nào còn hiệu lực trên Cổng. Bạn hãy hỏi quản trị viên của đơn vị."
_OFFICERS = Use(
    model=CertificateSignIn,
    purpose="sign-in",
    salt="accounts.certificate",
    callback=CALLBACK,
    description="Đăng nhập Cổng Dịch vụ công Quốc gia",
    message="accounts.prove_certificate",
    trust=Trust.STATE,
)


def begin(*, now: datetime, way: Way = Way.CERTIFICATE) -> CertificateSignIn:
    """Begin a sign-in of whoever comes back with a certificate: of the signing service, or of a token."""
    started: CertificateSignIn = _OFFICERS.begin(now=now, way=way)
    return started


def text_of(sign_in: CertificateSignIn) -> bytes:
    """What a token's program is to sign."""
    return _OFFICERS.file_text(sign_in)


def take(*, sign_in_id: UUID, way: Way, material: bytes, now: datetime) -> bool:
    """Keep what a token has signed, or its certificate out of the handshake. False where none is waited for; raises ``TooLarge``."""
    return _OFFICERS.take(row_id=sign_in_id, way=way, material=material, now=now)


def authorisation_url(sign_in: CertificateSignIn) -> str:
    """Where the officer's browser goes to choose their key and allow the signature at the signing service. Names nobody."""
    return _OFFICERS.authorisation_url(sign_in)


def id_from_state(state: str) -> UUID | None:
    """The sign-in that a callback's ``state`` names, or None for a state we did not make."""
    return _OFFICERS.id_from_state(state)


def answer(*, sign_in_id: UUID, code: str, now: datetime) -> None:
    """Keep the code that came back, sealed, and let the worker check it. A second answer changes nothing."""
    _OFFICERS.answer(row_id=sign_in_id, code=code, now=now)


def refuse(*, sign_in_id: UUID, reason: str) -> None:
    """Close a sign-in that cannot succeed; the waiting page shows the reason."""
    if _OFFICERS.refuse(row_id=sign_in_id, reason=reason):
        CertificateSignIn.objects.filter(id=sign_in_id).update(material=None)


def may_still_succeed(sign_in_id: UUID, *, at: datetime) -> bool:
    """Whether the officer's page would still take an answer at this moment."""
    return _OFFICERS.may_still_succeed(sign_in_id, at=at)


def prove(*, sign_in_id: UUID, now: datetime) -> None:
    """Fetch the signature and check everything (worker).

    Raises ``OutsideUnavailable`` to be tried again, also when only the revocation service is silent; a later try goes on where this
    one ended.
    """
    sign_in = CertificateSignIn.objects.get(id=sign_in_id)
    if sign_in.state != CertificateSignIn.State.ANSWERED:
        return
    facts: CertificateFacts | None = None
    try:
        if sign_in.way == Way.CERTIFICATE:
            facts, credential_id = _OFFICERS.facts(sign_in, now=now)
        else:
            facts, credential_id = _OFFICERS.facts_of_material(sign_in, now=now), ""
        position = _position_of(facts, credential_id, now)
    except SignatureRefused as refused:
        refuse(sign_in_id=sign_in_id, reason=str(refused))
        _tell_account_that_waits(sign_in, facts)
    else:
        CertificateSignIn.objects.filter(id=sign_in_id, state=CertificateSignIn.State.ANSWERED).update(
            state=CertificateSignIn.State.PROVED,
            position=position,
            certificate_serial=str(facts.serial)[:80],
            material=None,
            **SPENT,
        )


def _tell_account_that_waits(sign_in: CertificateSignIn, facts: CertificateFacts | None) -> None:
    """Let a high-level account that waits for its first sign-in show why this one failed: the key is the one that was written at the
    grant (the signing service says so), or its holder is the account's. Who granted it cannot see the certificate before."""
    credential_id = _OFFICERS.credential_of(sign_in)
    blind = blind_index("id_number", facts.id_number) if facts is not None and facts.id_number else ""
    for account in waiting_accounts():
        position = account.position
        if (credential_id and position.credential == credential_id) or (blind and position.person.id_blind == blind):
            CertificateSignIn.objects.filter(id=sign_in.id, state=CertificateSignIn.State.REFUSED).update(position=position)
            return


def _position_of(facts: CertificateFacts, credential_id: str, now: datetime) -> Position:
    """The newest position in force of the certificate's holder for which this key is registered: by its name at the signing service, or,
    of a token, by the certificate's serial number."""
    blind = blind_index("id_number", facts.id_number) if facts.id_number else ""
    positions = Position.objects.filter(locks.in_use_or_locked("person__"), person__id_blind=blind, valid_from__lte=now).select_related(
        "person"
    )
    for position in positions.order_by("-valid_from", "id")[:10]:
        registered = position.credential == credential_id if credential_id else position.token_serial == facts.serial
        if position.is_held(now=now) and registered:
            return position
    raise SignatureRefused(NOT_REGISTERED)


@transaction.atomic
def use(*, sign_in_id: UUID, now: datetime, opens: bool = False) -> Position | None:
    """Use up a proved sign-in, once, in the browser that began it; None when it is not (any longer) proved.

    ``opens``: its person asked for their locked account to be opened; else a locked one stays shut.
    """
    sign_in = (
        CertificateSignIn.objects.select_for_update(of=("self",))
        .select_related("position__person__user")
        .filter(id=sign_in_id, state=CertificateSignIn.State.PROVED, expires_at__gt=now)
        .first()
    )
    position = sign_in.position if sign_in is not None else None
    if sign_in is None or position is None or not position.is_held(now=now):
        return None
    begun = sign_in.created_at
    if not locks.open_if_asked(person=position.person, proof=Assurance.HIGH, by="certificate", opens=opens, begun_at=begun, now=now):
        return None
    sign_in.state = CertificateSignIn.State.USED
    sign_in.save(update_fields=["state"])
    audit.record(
        actor=SYSTEM,
        act="accounts.sign_in",
        target="accounts.position",
        target_id=str(position.id),
        unit=position.unit_code,
        details={"by": str(sign_in.way), "serial": sign_in.certificate_serial},
    )
    open_accounts(position=position, serial=sign_in.certificate_serial, now=now)
    return position

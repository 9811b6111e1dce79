"""Citizens' sign-in by certificate (Rules art. 10, 11, 12.3; high assurance): by remote signing, by a file that a token's program signed,
or by a token in the TLS handshake. Their chains end at the public authorities' roots, officers' at the State's (``portal.crypto`` Trust).

Nobody types a number: the certificate says who signs in. Revocation is asked about by the worker; the page looks again each second.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import CitizenSignIn, Person
from accounts.models.sessions import Way
from accounts.owner import locks
from accounts.services import failures
from accounts.services.challenges import SPENT, SignatureRefused, Use
from portal import audit
from portal.access import SYSTEM, Assurance
from portal.crypto import blind_index
from portal.crypto.certificates import CertificateFacts, Trust

CALLBACK = "/tai-khoan/chung-thu/tro-ve/"
NOT_KNOWN = gettext_noop("Chứng thư số này chưa gắn với tài khoản nào trên Cổng. Bạn đăng ký tài khoản bằng chứng thư số trước.")
NOT_A_PERSONS = gettext_noop("Chứng thư số này không ghi số định danh cá nhân. Bạn dùng chứng thư số của cá nhân.")
SILENT = gettext_noop("Dịch vụ chứng thực đang gián đoạn. Bạn thử lại sau ít phút hoặc đăng nhập bằng cách khác.")
NOT_AGREED = gettext_noop("Bạn đã không đồng ý ký tại dịch vụ ký số.")
_State = CitizenSignIn.State
USE = Use(
    model=CitizenSignIn,
    purpose="citizen sign-in",
    salt="accounts.citizen_certificate",
    callback=CALLBACK,
    description="Đăng nhập Cổng Dịch vụ công Quốc gia",
    message="accounts.prove_citizen",
    trust=Trust.PUBLIC,
)


def is_offered() -> bool:
    """Whether citizens may sign in by certificate: whether there is a store of roots for them."""
    return bool(settings.PUBLIC_TRUSTED_ROOTS)


def begin(*, way: Way, now: datetime) -> CitizenSignIn:
    """Begin a sign-in of whoever comes back with a certificate."""
    row: CitizenSignIn = USE.begin(now=now, way=way)
    return row


def text_of(row: CitizenSignIn) -> bytes:
    """What is to be signed: it names the portal, the purpose and this one sign-in, so that it serves for nothing else."""
    return USE.file_text(row)


def answer(*, sign_in_id: UUID, way: Way, material: bytes, now: datetime) -> bool:
    """Keep the signed file, or the certificate of the handshake, and let the worker check it. False where none is waited for (any more).

    Raises :class:`TooLarge`.
    """
    return USE.take(row_id=sign_in_id, way=way, material=material, now=now)


def refuse(*, sign_in_id: UUID, reason: str) -> None:
    """Close a sign-in that cannot succeed; the waiting page shows the reason."""
    USE.refuse(row_id=sign_in_id, reason=reason)
    CitizenSignIn.objects.filter(id=sign_in_id, state=_State.REFUSED).update(material=None)


def prove(*, sign_in_id: UUID, now: datetime) -> None:
    """Check everything and find whose certificate it is (worker). Raises ``OutsideUnavailable`` to be tried again."""
    row = CitizenSignIn.objects.get(id=sign_in_id)
    if row.state != _State.ANSWERED:
        return
    try:
        facts = _facts(row, now)
        person = _person_of(facts, Way(row.way), now)
    except SignatureRefused as refused:
        refuse(sign_in_id=sign_in_id, reason=str(refused))
        return
    proved = {"state": _State.PROVED, "person": person, "certificate_serial": facts.serial[:80], "material": None}
    CitizenSignIn.objects.filter(id=sign_in_id, state=_State.ANSWERED).update(**proved, **SPENT)


def _facts(row: CitizenSignIn, now: datetime) -> CertificateFacts:
    return USE.facts(row, now=now)[0] if row.way == Way.CERTIFICATE else USE.facts_of_material(row, now=now)


def _person_of(facts: CertificateFacts, way: Way, now: datetime) -> Person:
    if not facts.id_number:
        raise SignatureRefused(NOT_A_PERSONS)
    index = blind_index("id_number", facts.id_number)
    failures.note_if_locked(number_blind=index, way=way, now=now)
    person = Person.objects.filter(locks.in_use_or_locked(), id_blind__in=[index]).first()
    if person is None:
        raise SignatureRefused(NOT_KNOWN)
    return person


@transaction.atomic
def use(*, sign_in_id: UUID, now: datetime, opens: bool = False) -> CitizenSignIn | None:
    """Use up a proved sign-in, once, in the browser that began it; None when it is not (any longer) proved.

    ``opens``: its person asked for their locked account to be opened; else a locked one stays shut.
    """
    rows = CitizenSignIn.objects.select_for_update(of=("self",)).select_related("person__user")
    row = rows.filter(id=sign_in_id, state=_State.PROVED, expires_at__gt=now).first()
    if row is None or row.person is None:
        return None
    if not locks.open_if_asked(person=row.person, proof=Assurance.HIGH, by="certificate", opens=opens, begun_at=row.created_at, now=now):
        return None
    row.state = _State.USED
    row.save(update_fields=["state"])
    details = {"by": str(row.way), "serial": row.certificate_serial}
    audit.record(actor=SYSTEM, act="accounts.sign_in", target="accounts.person", target_id=str(row.person_id), details=details)
    return row

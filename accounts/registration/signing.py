"""Registration by certificate: a person's, or an organisation's (Rules art. 9.2 c, d)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.identifiers import clean_id_number, clean_tax_code
from accounts.models import Registration, RegistrationSignature
from accounts.registration import services
from accounts.registration import terms as terms_of_use
from accounts.registration.states import State
from accounts.services.challenges import SILENT, SPENT, SignatureRefused, Use
from portal.access import AccessDenied, ActingAs, Actor, Assurance
from portal.crypto.certificates import Trust

CERTIFICATE, NOT_SIGNED = "certificate", "not_signed"
NO_NUMBER = "Chứng thư số này không ghi số định danh của cá nhân nên chưa dùng để đăng ký được."
NO_TAX_CODE = "Chứng thư số này không ghi mã số thuế đúng của tổ chức nên chưa dùng để đăng ký được."

USE = Use(
    model=RegistrationSignature,
    purpose="registration",
    salt="accounts.registration.certificate",
    callback="/tai-khoan/dang-ky/ky/tro-ve/",
    description="Đăng ký tài khoản Cổng Dịch vụ công Quốc gia",
    message="accounts.prove_registration",
    trust=Trust.PUBLIC,
)


@transaction.atomic
def begin_by_certificate(*, language: str, address: str, now: datetime) -> RegistrationSignature:
    """A registration of whoever comes back with a personal certificate. :class:`~accounts.services.codes.TooManyRequests`."""
    made = services.create(
        way=Registration.Way.CERTIFICATE,
        state=State.SIGNING,
        language=language,
        address=address,
        terms=terms_of_use.in_force(now),
        now=now,
    )
    started: RegistrationSignature = USE.begin(now=now, registration=made)
    return started


@transaction.atomic
def begin_for_organisation(*, actor: Actor, language: str, address: str, now: datetime) -> RegistrationSignature:
    """A registration of the organisation whose certificate signs, asked for by its representative, who is signed in as themself."""
    if actor.acting_as is not ActingAs.SELF or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("accounts.register_organisation")
    made = services.create(
        way=Registration.Way.ORGANISATION,
        state=State.SIGNING,
        language=language,
        address=address,
        person_id=actor.person_id,
        now=now,
    )
    started: RegistrationSignature = USE.begin(now=now, registration=made)
    return started


def prove(*, row_id: UUID, now: datetime) -> None:
    """Check the signature and read from the certificate whom the registration is for (worker). Raises ``OutsideUnavailable``."""
    row = RegistrationSignature.objects.select_related("registration").get(pk=row_id)
    if row.state != RegistrationSignature.State.ANSWERED:
        return
    try:
        facts, _credential = USE.facts(row, now=now)
        if row.registration.way == Registration.Way.ORGANISATION:
            code = clean_tax_code((facts.organisation_code or "").removeprefix("MST:"))
            if not code:
                raise SignatureRefused(NO_TAX_CODE)
            declared, blind = {"tax_code": code}, ""
        else:
            number = clean_id_number(facts.id_number or "")
            if not number:
                raise SignatureRefused(NO_NUMBER)
            declared, blind = {"id_number": number, "full_name": facts.subject_name}, services.by_number(number)
    except SignatureRefused as refused:
        refuse(row_id=row_id, reason=str(refused), now=now)
        return
    with transaction.atomic():
        proved = RegistrationSignature.objects.filter(pk=row_id, state=RegistrationSignature.State.ANSWERED).update(
            state=RegistrationSignature.State.USED, certificate_serial=str(facts.serial)[:80], **SPENT
        )
        registration = Registration.objects.select_for_update(of=("self",)).get(pk=row.registration_id)
        if not proved or registration.state != State.SIGNING:
            return
        registration.declared, registration.identity_blind = declared, blind
        services.record(registration, "prove_certificate", serial=str(facts.serial)[:80])
        services.ask(registration, now)


def refuse(*, row_id: UUID, reason: str, now: datetime) -> None:
    """The signature cannot succeed: the registration ends, and its page says why."""
    with transaction.atomic():
        if not USE.refuse(row_id=row_id, reason=reason):
            return
        registration = Registration.objects.select_for_update(of=("self",)).filter(signature__pk=row_id).first()
        if registration is not None and registration.state == State.SIGNING:
            services.refuse(registration, CERTIFICATE, now=now)


def silent(*, row_id: UUID, now: datetime) -> None:
    """The signing service did not answer as long as the page waits."""
    refuse(row_id=row_id, reason=SILENT, now=now)

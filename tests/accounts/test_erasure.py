"""A person whose key was destroyed is found nowhere: not in rows, not in their history, not by the door."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.mandating import offers
from accounts.models import GuardianRequest, KnownBrowser, MandateOffer, OneTimePassword, Person, Registration
from accounts.registration import services
from accounts.services import otp
from portal import crypto
from portal.access import SYSTEM
from portal.files.models import StoredFile
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories

NAME, NUMBER, PHONE = "Trịnh Thị Sẽ Được Quên", "001195424242", "+84900424242"


def _found(*needles: str) -> set[str]:
    """Tables of the whole database in whose rows one of the texts stands, whatever the column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
        tables = [row[0] for row in cursor.fetchall()]
        found = set()
        for table in tables:
            for needle in needles:
                cursor.execute(f'SELECT 1 FROM "{table}" AS t WHERE t::text ILIKE %s LIMIT 1', [f"%{needle}%"])
                if cursor.fetchone():
                    found.add(f"{table}: {needle}")
    return found


@pytest.mark.django_db
@pytest.mark.requirement("N-08")
def test_nothing_of_an_erased_person_is_left_in_any_table(client: Client) -> None:
    person = factories.make_person(full_name=NAME, id_number=NUMBER, phone=PHONE)
    factories.make_position(person, credential_id=f"cred-{NUMBER}")
    client.post("/tai-khoan/dang-nhap/", {"id_number": NUMBER})
    outbox.deliver_due()
    body = Notification.objects.get(template="accounts.otp").body
    code = re.match(r"\d{6}", body or "")
    assert code and client.post("/tai-khoan/dang-nhap/ma/", {"code": code.group()}).status_code == 302
    Authenticator.objects.create(user=person.user, type="webauthn", data={"name": f"Máy của {NAME}", "credential": {}})
    Person.objects.filter(pk=person.pk).update(full_name=f"{NAME} hơn", residence_unit="00082")
    blind = crypto.blind_index("id_number", NUMBER)
    needles = (NAME, "trinh thi se duoc quen", blind)
    assert {entry.partition(":")[0] for entry in _found(*needles)} >= {"accounts_person", "accounts_personevent", "mfa_authenticator"}

    crypto.shred(person.id, SYSTEM)
    assert _found(*needles, NUMBER, PHONE, PHONE[1:]) == set()
    assert not OneTimePassword.objects.exists() and not KnownBrowser.objects.exists()
    person = Person.objects.get(pk=person.pk)
    assert (person.id_number, person.phone, person.birth_date, str(person)) == (None, None, None, "(dữ liệu đã xóa)")
    # The session that was open is nobody's now, and the number is one that nobody has.
    assert client.get("/tai-khoan/").status_code == 302
    request_id = otp.request_code(id_number=NUMBER, now=timezone.now())
    otp.send_code(otp_id=request_id, now=timezone.now())
    assert OneTimePassword.objects.get(pk=request_id).person is None
    # Whoever enters themself again later is a new person.
    again: Any = factories.make_person(full_name=NAME, id_number=NUMBER, phone=PHONE)
    assert again.pk != person.pk


@pytest.mark.django_db
@pytest.mark.requirement("N-08")
def test_what_others_wrote_of_a_number_and_what_was_registered_by_a_document_find_nobody_any_more() -> None:
    giver, guardian = factories.make_person(), factories.make_person()
    person = factories.make_person(full_name=NAME, id_number=NUMBER)
    number, document = crypto.blind_index("id_number", NUMBER), services.by_document("KOR:M12345678")
    company = factories.make_organisation(representatives=[giver])
    now = timezone.now()
    taken = factories.give_mandate(factories.citizen_actor(giver), person, now=now)
    legal = factories.mandate_actor(factories.legal_mandate(company, giver))
    offers.give_mandate(actor=legal, id_number=NUMBER, called="bạn", valid_from=now, now=now)
    asked = GuardianRequest.objects.create(
        person=guardian, ward_number=NUMBER, ward_blind=number, ward_name=NAME, ward_birth_date="1995-05-20", document_number="1/QĐ",
        document_date=now.date(), file=StoredFile.objects.create(subject=guardian.id, size=0, state="erased"), unit_code="H26.101",
    )  # fmt: skip
    # The Immigration Department knew the number that goes with the document.
    Registration.objects.create(
        way="document", state="done", person=person, identity_blind=document, contact_blind="c" * 64, expires_at=now + timedelta(days=1)
    )
    crypto.shred(person.id, SYSTEM)
    assert _found(number, document, "c" * 64) == set()
    assert MandateOffer.objects.get(organisation=company).withdrawn_at is not None
    assert MandateOffer.objects.get(mandate=taken).accepted_at is not None
    asked.refresh_from_db()
    assert asked.state == "called_off"
    # Whoever is entered by the number later inherits nothing.
    again = factories.make_person(full_name=NAME, id_number=NUMBER)
    assert offers.offered_to(factories.citizen_actor(again), now) == []


@pytest.mark.django_db
def test_erasing_something_else_leaves_people_as_they_are() -> None:
    person = factories.make_person(full_name=NAME)
    crypto.shred(uuid4(), SYSTEM)
    assert Person.objects.get(pk=person.pk).full_name == NAME

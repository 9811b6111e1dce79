"""One person, one account: a number for who had an account by document (A-01)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Identifier, Mandate, Person, RegistryAnswer, User, UserSession
from accounts.owner import leaving, locks
from accounts.registration import joining, opening, services
from accounts.services import mandates
from accounts.services.mandates import former_accounts
from dossiers.models import Dossier
from portal import crypto
from portal.access import SYSTEM, AccessDenied, ActingAs, Actor, Assurance
from portal.audit.models import Act
from tests import factories
from tests.accounts.registration.support import CITIZEN, START, code_for, own, work

pytestmark = pytest.mark.usefixtures("demo_data")

PAGE = "/tai-khoan/so-dinh-danh/"
NUMBER, PHONE = CITIZEN["id_number"], "+84900000050"
TYPED = {name: value for name, value in CITIZEN.items() if name != "agree"}


def by_document(**values: Any) -> Person:
    """Somebody with an account by passport, as a registration leaves it; born on the day of the one who has the number."""
    user, document = User.objects.create(), "USA:X1234567"
    person = Person.objects.create(
        user=user, full_name="Dinh Mau", name_key="dinh mau", id_blind=services.by_document(document), birth_date="1999-02-15",
        sex="female", phone="+12025550100", identity_level=2, identity_proved_by="document",
        identity_proved_at=timezone.now(), registry_due_at=None, **values,
    )  # fmt: skip
    Identifier.objects.create(
        person=person, kind="passport", number=document, blind=crypto.blind_index("identifier", document), confirmed_by="counter",
        confirmed_at=timezone.now(),
    )  # fmt: skip
    return person


def dossier_of(person: Person) -> Dossier:
    from dossiers import services as filing
    from dossiers.terms import terms_on

    now = timezone.now()
    actor = factories.citizen_actor(person)
    draft = filing.start_or_open_draft(actor=actor, procedure_code="1.001193", now=now)
    terms = terms_on("1.001193", now)
    return Dossier.objects.create(
        id=uuid4(), code="H26.101-260101-0077", procedure_code="1.001193", procedure_version_id=terms.version_id, procedure_name=terms.name,
        service_level=terms.service_level, channel="2", applicant_id=person.id, applicant_name=person.full_name, owner_id=person.id,
        owner_name=person.full_name, owner_name_key="dinh mau", filed_by_id=person.id, filed_by_name=person.full_name, acting_as="self",
        unit_code="H26.101", unit_level="commune", state="1", form_version=draft.form_version, answers={}, draft_started_at=now,
        submitted_at=now, response_due_at=now + timedelta(hours=8),
    )  # fmt: skip


def add_number(client: Client, outside: Any) -> None:
    """The form, the code out of the gateway, and what the registries say."""
    answer = client.post(PAGE, TYPED)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert client.post(f"{START}ma/", {"code": code_for(outside, PHONE)}).status_code == 302
    work()


@pytest.mark.requirement("A-01", "A-02")
def test_the_account_takes_a_number_that_nobody_has_and_keeps_all(outside: Any) -> None:
    person, client = by_document(), Client()
    dossier = dossier_of(person)
    factories.sign_in(client, person)
    assert PAGE in client.get("/tai-khoan/thong-tin/").content.decode() and client.get(PAGE).status_code == 200
    add_number(client, outside)
    person.refresh_from_db()
    assert crypto.same_index(person.id_blind, services.by_number(NUMBER))
    assert (person.id_number, person.full_name, person.phone, person.registry_matches) == (NUMBER, CITIZEN["full_name"], PHONE, True)
    assert "Số định danh đã thêm" in client.get(f"{START}tien-do/").content.decode()
    # The same session, the same dossiers; the document still leads here, the number signs in.
    assert str(dossier.code) in client.get("/ho-so/").content.decode()
    assert Identifier.objects.get(person=person, kind="passport").number == "USA:X1234567"
    assert client.get(PAGE).status_code == 302 and PAGE not in client.get("/tai-khoan/thong-tin/").content.decode()
    other = Client(REMOTE_ADDR="198.51.100.9")
    other.post("/tai-khoan/dang-nhap/", {"id_number": NUMBER})
    assert other.post("/tai-khoan/dang-nhap/ma/", {"code": code_for(outside, PHONE)}).status_code == 302
    assert other.session["_auth_user_id"] == str(person.user_id)
    assert Act.objects.filter(act="accounts.take_number", target_id=str(person.id)).count() == 1
    assert (
        Person.objects.filter(user__isnull=False, id_blind__in=[services.by_number(NUMBER), services.by_document("USA:X1234567")]).count()
        == 1
    )


@pytest.mark.requirement("A-01", "A-14")
def test_two_accounts_become_one_and_nothing_of_the_former_is_lost(outside: Any) -> None:
    former, client = by_document(), Client()
    dossier, giver = dossier_of(former), factories.make_person()
    held = Mandate.objects.create(
        grantor=giver, person=former, basis="given", given_by=giver, valid_from=timezone.now(), accepted_at=timezone.now()
    )
    factories.sign_in(client, former)
    person = factories.make_person(id_number=NUMBER, full_name=CITIZEN["full_name"], birth_date=date(1999, 2, 15), phone=PHONE)
    add_number(client, outside)
    # The account by document opens nothing any more.
    assert client.get("/ho-so/").status_code == 302 and "_auth_user_id" not in client.session
    former.refresh_from_db()
    assert former.user is not None and not former.user.is_active
    assert UserSession.objects.filter(user=former.user).latest("begun_at").ended_by == "joined"
    with pytest.raises(locks.NotLocked):
        locks.unlock(user_id=former.user.pk, proof=Assurance.HIGH, by="office", actor=SYSTEM, now=timezone.now())
    # Who has the number reads what was there, acts for whom they acted, and nobody takes that right away.
    now = timezone.now()
    same = former_accounts(person.id, now)[0]
    assert same.grantor_id == former.id
    held.refresh_from_db()
    assert held.withdrawn_at and Mandate.objects.in_force(now).filter(person=person, grantor=giver, basis="given").exists()
    newer = Client()
    factories.sign_in(newer, person, mandate=same)
    assert str(dossier.code) in newer.get("/ho-so/").content.decode()
    assert newer.get("/tai-khoan/du-lieu/").status_code == 200
    actor = factories.citizen_actor(person)
    with pytest.raises(AccessDenied):
        mandates.withdraw_mandate(actor=actor, mandate_id=same.id, now=now)
    act = Act.objects.get(act="accounts.join", target_id=str(person.id))
    assert act.details["former"] == str(former.id)
    assert {message["text"].startswith("Tài khoản Cổng") for message in outside.outbox(to=PHONE)[:1]} == {True}
    # Leaving is leaving with both.
    Dossier.objects.filter(pk=dossier.pk).update(state="7", withdrawn_at=timezone.now())
    assert {one.party_id for one in leaving._as_before(actor, now)} == {former.id}


@pytest.mark.requirement("A-01")
def test_a_child_of_once_who_has_the_number_gets_the_login(outside: Any) -> None:
    former, client = by_document(), Client()
    ward = factories.make_person(
        id_number=NUMBER, full_name=CITIZEN["full_name"], birth_date=date(1999, 2, 15), phone="", with_account=False
    )
    factories.sign_in(client, former)
    user_id = former.user_id
    add_number(client, outside)
    ward.refresh_from_db()
    former.refresh_from_db()
    assert (ward.user_id, former.user_id, ward.phone) == (user_id, None, PHONE)
    assert client.get("/tai-khoan/").status_code == 200 and client.get("/tai-khoan/vai-tro/").content.decode().count("Dinh Mau")
    assert Mandate.objects.in_force(timezone.now()).filter(person=ward, grantor=former, basis="same").exists()


@pytest.mark.requirement("A-01")
def test_nobody_adds_anothers_number(outside: Any) -> None:
    person, client = by_document(), Client()
    assert client.get(PAGE).status_code == 302
    factories.sign_in(client, person)
    # Another day of birth than the document's, whoever's the number is.
    page = client.post(PAGE, {**TYPED, "id_number": "001095000051", "birth_date": "09/10/1995", "sex": "male"})
    assert page.status_code == 422 and "khác với ngày sinh" in page.content.decode()
    # A phone that is not in their name: nothing changes, and nothing says which part was wrong.
    client.post(PAGE, {**TYPED, "phone": "0900000051"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+84900000051")})
    work()
    assert own(client).state == "refused"
    person.refresh_from_db()
    assert person.id_number is None
    # The number's account is locked by its owner: nobody's session of another account changes that.
    owner = factories.make_person(id_number=NUMBER, full_name=CITIZEN["full_name"], birth_date=date(1999, 2, 15), phone=PHONE)
    locks.lock(user_id=owner.user_id, reason="owner", needs=Assurance.HIGH, actor=SYSTEM, now=timezone.now())
    add_number(client, outside)
    assert (own(client).state, own(client).refusal) == ("refused", joining.LOCKED)
    assert not Mandate.objects.filter(basis="same").exists()
    # Who has a number adds none.
    with pytest.raises(AccessDenied):
        joining.begin(
            actor=Actor(acting_as=ActingAs.SELF, user_id=owner.user_id, person_id=owner.id, assurance=Assurance.MEDIUM),
            declared={"id_number": "001095000051", "birth_date": "1999-02-15"}, phone=PHONE, language="vi", address="", now=timezone.now(),
        )  # fmt: skip


@pytest.mark.requirement("A-01")
def test_a_document_whose_issuer_now_names_a_number_gives_it_to_the_account() -> None:
    person, now = by_document(), timezone.now()
    declared = {"document": "USA:X1234567", "document_kind": "passport", "full_name": "Dinh Mau", "birth_date": "1999-02-15"}
    made = services.begin_by_document(declared=declared, phone="+12025550100", language="en", address="", now=now)
    services.ask(made, now)
    RegistryAnswer.objects.create(registration=made, registry="immigration", agrees=True, said={"id_number": NUMBER}, answered_at=now)
    assert opening.finish(made, now=now) == person
    person.refresh_from_db()
    assert person.id_number == NUMBER and crypto.same_index(person.id_blind, services.by_number(NUMBER))
    assert factories.make_person(id_number=NUMBER) == person

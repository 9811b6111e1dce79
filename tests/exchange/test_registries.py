"""Kinship and organisations, over HTTP from the registries, and what is learnt from them (A-02, A-14)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Mandate, Organisation, Person
from accounts.services import mandates
from portal.access import SYSTEM
from portal.exchange import business, population
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.outbox import services as outbox
from portal.outbox.models import Message
from tests.simulators.running import Simulators

MOTHER, COMPANY = "001195000001", "0100000028"


@pytest.mark.requirement("X-05")
def test_the_registry_knows_parents_children_and_spouse(outside: Simulators) -> None:
    kin = population.kin(MOTHER)
    assert kin is not None and kin.spouse is not None
    assert [child.full_name for child in kin.children] == ["Trần Mẫu Nhi"] and kin.parents == ()
    assert (kin.children[0].birth_date, kin.spouse.full_name) == (date(2019, 6, 1), "Trần Văn Thử")
    of_child = population.kin(kin.children[0].id_number)
    assert of_child is not None and {parent.full_name for parent in of_child.parents} == {"Nguyễn Thị Mẫu", "Trần Văn Thử"}
    assert population.kin("001000000000") is None
    assert "Nhi" not in repr(kin) and "0013" not in repr(kin)


@pytest.mark.requirement("X-05")
def test_the_registry_knows_an_organisation_and_who_represents_it(outside: Simulators) -> None:
    said = business.enterprise(COMPANY)
    assert said is not None
    assert (said.name, said.kind, said.status, said.representatives) == (
        "Công ty TNHH Trình Diễn Mẫu",
        "enterprise",
        "active",
        ("001079000010",),
    )
    assert "001079" not in repr(said) and business.enterprise("0999999999") is None
    for wrong in ("", "../control", "01000000280", "0100000028-1"):
        with pytest.raises(ValueError, match="ten digits"):
            business.enterprise(wrong)


@pytest.mark.requirement("X-05")
@pytest.mark.parametrize(("mode", "more", "error"), [("wrong", {}, OutsideUnavailable), ("down", {"drop": True}, OutsideUnavailable)])
def test_another_ones_answer_or_none_is_told_apart_from_nobody(outside: Simulators, mode: str, more: dict[str, Any], error: Any) -> None:
    outside.faults("population", mode, **more)
    outside.faults("business", mode, **more)
    with pytest.raises(error):
        population.kin(MOTHER)
    with pytest.raises(error):
        business.enterprise(COMPANY)


def test_a_wrong_token_is_refused(outside: Simulators, settings: Any) -> None:
    settings.BUSINESS_REGISTRY_TOKEN = "wrong"
    with pytest.raises((OutsideRefused, OutsideUnavailable)):
        business.enterprise(COMPANY)


@pytest.mark.requirement("A-14")
@pytest.mark.usefixtures("demo_db")
def test_who_is_checked_may_act_for_their_children_and_a_silent_registry_takes_nothing_away(outside: Simulators) -> None:
    mother = Person.objects.get(full_name="Nguyễn Thị Mẫu")
    Mandate.objects.filter(basis=Mandate.Basis.PARENT).delete()
    Message.objects.all().delete()
    outside.faults("population", "down")
    mandates_before = _ask(mother)
    assert mandates_before == [] and Message.objects.filter(kind="accounts.check_registry", done_at=None).exists()
    outside.reset()
    Message.objects.update(available_at=timezone.now())
    outbox.deliver_due()
    assert [mandate.grantor.full_name for mandate in Mandate.objects.filter(person=mother)] == ["Trần Mẫu Nhi"]
    outside.faults("population", "down")
    assert len(_ask(mother, "again")) == 1


def _ask(person: Person, occasion: str = "test") -> list[Mandate]:
    from django.db import transaction

    from accounts.services.people import ask_registry

    with transaction.atomic():
        ask_registry(person_id=person.id, occasion=occasion, now=timezone.now())
    outbox.deliver_due()
    return list(Mandate.objects.in_force(timezone.now()).filter(person=person, basis=Mandate.Basis.PARENT))


@pytest.mark.usefixtures("demo_db")
def test_organisations_are_asked_about_again_and_one_that_is_gone_is_acted_for_by_nobody(outside: Simulators) -> None:
    company = Organisation.objects.get(tax_code=COMPANY)
    Organisation.objects.update(name="Tên cũ", registry_due_at=timezone.now())
    gone = mandates.keep_organisation(
        actor=SYSTEM,
        said=business.Enterprise("0199999999", "enterprise", "Công ty không còn", "", "", "active", ("001079000010",)),
        now=timezone.now(),
    )
    Organisation.objects.filter(pk=gone.pk).update(registry_due_at=timezone.now())
    Message.objects.all().delete()
    assert mandates.ask_business_registry(now=timezone.now(), seconds=5)
    outbox.deliver_due()
    company.refresh_from_db()
    gone.refresh_from_db()
    assert company.name == "Công ty TNHH Trình Diễn Mẫu" and company.registry_due_at > timezone.now()
    assert gone.status == Organisation.Status.DISSOLVED
    assert not Mandate.objects.in_force(timezone.now()).filter(organisation=gone).exists()
    assert mandates.ask_business_registry(now=timezone.now(), seconds=5)
    assert not Message.objects.filter(done_at=None, dead_at=None).exists()

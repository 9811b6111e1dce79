"""Acting for another: by birth, by office, by mandate (requirement A-14)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import queries
from accounts.mandating import offers
from accounts.models import Mandate, Organisation, Person
from accounts.services import mandates
from accounts.services.mandates import BadMandate, comes_of_age, keep_children
from portal.access import SYSTEM, AccessDenied, ActingAs, actor_of
from portal.audit.models import Act
from portal.exchange.population import Kinsman
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Any:
    """A company, its director and an accountant, not yet with a mandate."""
    director, accountant = factories.make_person(full_name="Bùi Văn Giả Định"), factories.make_person(full_name="Đặng Thị Giả Định")
    organisation = factories.make_organisation(representatives=[director])
    return organisation, director, accountant


def as_director(company: Any) -> Any:
    organisation, director, _ = company
    return factories.mandate_actor(factories.legal_mandate(organisation, director))


def child(number: str = "001319000077", born: date = date(2019, 6, 1)) -> Kinsman:
    return Kinsman(number, "Trần Giả Nhi", born, "female", "00070", "Số 0 phố Ví Dụ")


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_one_comes_of_age_on_the_eighteenth_birthday(born: date) -> None:
    day = comes_of_age(born)
    assert day.year == born.year + 18
    assert (day.month, day.day) == ((born.month, born.day) if (born.month, born.day) != (2, 29) or day.day == 29 else (3, 1))


@pytest.mark.requirement("A-14")
def test_a_mandate_holds_from_its_acceptance_to_its_end_and_no_longer(company: Any) -> None:
    organisation, _director, accountant = company
    now = timezone.now()
    given_one = offers.give_mandate(
        actor=as_director(company), id_number=accountant.id_number, valid_from=now, valid_to=now + timedelta(days=30), now=now
    )
    held = Mandate.objects.filter(person=accountant)
    assert not held.in_force(now).exists()
    offers.accept_mandate(actor=factories.citizen_actor(accountant), offer_id=given_one.id, now=now)
    assert held.in_force(now).exists() and held.in_force(now + timedelta(days=30) - timedelta(microseconds=1)).exists()
    assert not held.in_force(now + timedelta(days=30)).exists()
    organisation.status = Organisation.Status.DISSOLVED
    organisation.save()
    assert not held.in_force(now).exists()


def test_who_was_given_a_mandate_cannot_hand_it_on_and_nobody_gives_what_is_not_theirs(company: Any) -> None:
    _organisation, _director, accountant = company
    mandate = factories.give_mandate(as_director(company), accountant)
    stranger, now = factories.make_person(), timezone.now()
    with pytest.raises(AccessDenied):
        factories.give_mandate(factories.mandate_actor(mandate), stranger)
    [parental] = keep_children(actor=SYSTEM, person_id=accountant.id, children=[child()], now=now)
    with pytest.raises(AccessDenied):
        factories.give_mandate(factories.mandate_actor(parental), stranger)
    with pytest.raises(AccessDenied):
        factories.give_mandate(factories.make_officer_actor(), stranger)
    with pytest.raises(BadMandate):
        factories.give_mandate(factories.citizen_actor(stranger), stranger)
    with pytest.raises(AccessDenied):
        offers.accept_mandate(actor=factories.citizen_actor(stranger), offer_id=mandate.offer.id, now=now)
    for other in (stranger, factories.make_person()):
        with pytest.raises(AccessDenied):
            mandates.withdraw_mandate(actor=factories.citizen_actor(other), mandate_id=mandate.id, now=now)


@pytest.mark.parametrize("values", [{"procedures": []}, {"valid_to": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_a_mandate_without_sense_is_refused_in_words(company: Any, values: dict[str, Any]) -> None:
    with pytest.raises(BadMandate, match=r"Bạn hãy|Ngày kết thúc"):
        factories.give_mandate(as_director(company), company[2], **values)


def test_giver_and_holder_end_it_at_once_and_ending_it_twice_is_no_error(company: Any) -> None:
    organisation, director, accountant = company
    now = timezone.now()
    mandate = factories.give_mandate(as_director(company), accountant)
    with pytest.raises(BadMandate):
        factories.give_mandate(as_director(company), accountant)
    mandates.withdraw_mandate(actor=factories.citizen_actor(director), mandate_id=mandate.id, now=now)
    mandates.withdraw_mandate(actor=factories.citizen_actor(accountant), mandate_id=mandate.id, now=now)
    mandate.refresh_from_db()
    assert (mandate.withdrawn_by_id, mandate.withdrawn_at) == (director.id, now)
    again = factories.give_mandate(as_director(company), accountant)
    mandates.withdraw_mandate(actor=factories.citizen_actor(accountant), mandate_id=again.id, now=now)
    legal = factories.legal_mandate(organisation, director)
    with pytest.raises(AccessDenied):
        mandates.withdraw_mandate(actor=factories.citizen_actor(director), mandate_id=legal.id, now=now)
    acts = Act.objects.filter(target="accounts.mandate", target_id=str(mandate.id)).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["accounts.accept_mandate", "accounts.withdraw_mandate"]
    [offered] = Act.objects.filter(target="accounts.mandateoffer", target_id=str(mandate.offer.id))
    assert offered.act == "accounts.give_mandate"


def test_who_is_no_longer_director_loses_the_right_and_the_new_one_has_it(company: Any) -> None:
    organisation, director, accountant = company
    same = factories.make_organisation(tax_code=organisation.tax_code, name="Công ty đổi tên", representatives=[accountant])
    assert (same.id, same.name) == (organisation.id, "Công ty đổi tên")
    assert not queries.mandates_of(director.id) and [m.party_id for m in queries.mandates_of(accountant.id)] == [organisation.id]


@pytest.mark.requirement("A-14")
def test_parents_act_for_their_children_until_they_are_grown_up() -> None:
    parent, now = factories.make_person(), datetime(2026, 11, 20, 3, tzinfo=UTC)
    small, grown = child(), child("001308000078", date(2008, 11, 19))
    [mandate] = keep_children(actor=SYSTEM, person_id=parent.id, children=[small, grown], now=now)
    assert mandate.grantor is not None and mandate.grantor.user_id is None and mandate.grantor.birth_date == "2019-06-01"
    # Vietnamese midnight before the birthday.
    assert mandate.valid_to == datetime(2037, 5, 31, 17, tzinfo=UTC)
    assert keep_children(actor=SYSTEM, person_id=parent.id, children=[small], now=now) == [mandate]
    other = factories.make_person(sex="male")
    [second] = keep_children(actor=SYSTEM, person_id=other.id, children=[small], now=now)
    assert second.grantor_id == mandate.grantor_id and Person.objects.filter(full_name="Trần Giả Nhi").count() == 1
    keep_children(actor=SYSTEM, person_id=parent.id, children=[], now=now)
    assert not Mandate.objects.in_force(now).filter(person=parent).exists() and Mandate.objects.in_force(now).filter(person=other).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"grantor": None, "organisation": None},
        {"basis": "parent"},
        {"basis": "given", "given_by": None},
        {"procedures": []},
        {"valid_to": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_the_database_refuses_a_mandate_that_makes_no_sense(company: Any, wrong: dict[str, Any]) -> None:
    organisation, director, accountant = company
    now = timezone.now()
    fields = {"organisation": organisation, "person": accountant, "basis": "given", "given_by": director, "valid_from": now}
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.create(**{**fields, **wrong})


def page_of_capacities(client: Client) -> str:
    return client.get("/tai-khoan/vai-tro/").content.decode()


@pytest.mark.requirement("A-14")
def test_one_chooses_for_whom_one_acts_and_it_is_written_down(company: Any, django_assert_max_num_queries: Callable[..., Any]) -> None:
    organisation, _director, accountant = company
    mandate = factories.give_mandate(as_director(company), accountant, procedures=["2.000635"])
    client = Client()
    factories.sign_in(client, accountant)
    assert organisation.name in page_of_capacities(client)
    answer = client.post("/tai-khoan/vai-tro/", {"acting_as": str(mandate.id), "next": "/tai-khoan/"})
    assert (answer.status_code, answer["Location"]) == (302, "/tai-khoan/")
    with django_assert_max_num_queries(14):
        page = client.get("/ho-so/").content.decode()
    assert f"Hồ sơ của {organisation.name}" in page and f"{organisation.name} · {accountant.full_name}" in page
    act = Act.objects.filter(act="accounts.act_as").get()
    assert act.details == {"from": "self", "to": "organisation", "by": str(mandate.id)}
    # Somebody else's mandate, one that is none, nonsense: nothing changes.
    for wrong in (str(uuid.uuid4()), str(factories.legal_mandate(organisation, company[1]).id), "x" * 999, ""):
        assert client.post("/tai-khoan/vai-tro/", {"acting_as": wrong}).status_code == 200
    assert Act.objects.filter(act="accounts.act_as").count() == 1


def test_a_session_that_means_to_act_for_somebody_falls_back_to_oneself_and_says_so(company: Any, rf: Any) -> None:
    _organisation, director, accountant = company
    mandate = factories.give_mandate(as_director(company), accountant)
    client = Client()
    factories.sign_in(client, accountant, mandate=mandate)
    request = rf.get("/")
    request.session, request.user = client.session, accountant.user
    request.COOKIES[settings.SESSION_COOKIE_NAME] = client.session.session_key
    actor = actor_of(request)
    assert (actor.acting_as, actor.party_id, actor.mandate_id, actor.lapsed) == (
        ActingAs.ORGANISATION,
        mandate.party_id,
        mandate.id,
        "",
    )
    mandates.withdraw_mandate(actor=factories.citizen_actor(director), mandate_id=mandate.id, now=timezone.now())
    del request._actor
    actor = actor_of(request)
    assert (actor.acting_as, actor.party_id, actor.lapsed) == (ActingAs.SELF, accountant.id, mandate.party_name)

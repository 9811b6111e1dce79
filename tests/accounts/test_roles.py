"""Roles of a position: each with its dates and its giver (requirement A-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import queries
from accounts.models import Position, PositionRole
from accounts.services.positions import BadRole, give_position, give_role, take_role
from portal.access import SYSTEM, AccessDenied, may
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_role_holds_between_its_dates_and_ends_on_the_next_page() -> None:
    chief = factories.make_position(roles=("administrator",))
    held = factories.make_position(roles=("reception",))
    now, boss = timezone.now(), factories.officer_actor(chief)
    give_role(actor=boss, position_id=held.id, role="signing", valid_from=now + timedelta(days=1), valid_to=now + timedelta(days=2))
    held = Position.objects.get(pk=held.pk)
    assert held.roles_at(now) == ["reception"]
    assert held.roles_at(now + timedelta(days=1)) == ["reception", "signing"] and held.roles_at(now + timedelta(days=2)) == ["reception"]
    take_role(actor=boss, position_id=held.id, role="reception", now=now)
    take_role(actor=boss, position_id=held.id, role="reception", now=now)
    take_role(actor=boss, position_id=held.id, role="signing", now=now)
    held = Position.objects.get(pk=held.pk)
    assert held.roles_at(now) == [] == held.roles_at(now + timedelta(days=1, hours=1))
    assert {row.given_by_id for row in held.given_roles.all()} == {None, chief.id}
    assert {row.ended_by_id for row in held.given_roles.all()} == {chief.id}
    assert queries.holders("H26.101", ["signing"]) == []
    assert not may(factories.officer_actor(held), "dossiers.receive", "H26.101")


def test_only_an_administrator_of_the_unit_gives_roles_and_nobody_to_themself() -> None:
    held, now = factories.make_position(roles=("reception",)), timezone.now()
    own = factories.make_position(roles=("administrator",))
    for actor in (
        factories.make_officer_actor(roles=("reception", "handling", "signing")),
        factories.make_officer_actor(unit="H26.102", roles=("administrator",)),
        factories.citizen_actor(factories.make_person()),
    ):
        with pytest.raises(AccessDenied):
            give_role(actor=actor, position_id=held.id, role="handling", valid_from=now)
        with pytest.raises(AccessDenied):
            take_role(actor=actor, position_id=held.id, role="reception", now=now)
    with pytest.raises(AccessDenied):
        give_role(actor=factories.officer_actor(own), position_id=own.id, role="signing", valid_from=now)


def test_a_bank_has_roles_of_its_own_and_none_of_an_agency() -> None:
    person, now = factories.make_person(), timezone.now()
    at_bank = give_position(
        actor=SYSTEM,
        person_id=person.id,
        place="institution",
        unit_code="970400",
        title="Nhân viên đối soát giả định",
        roles=["operating"],
        credential_id="",
        now=now,
    )
    assert at_bank.roles_at(now) == ["operating"]
    actor = factories.officer_actor(at_bank)
    assert not any(may(actor, act, "970400") for act in ("dossiers.read", "accounts.read_positions", "dossiers.sign"))
    for place, role in (("institution", "signing"), ("agency", "operating"), ("agency", "king")):
        with pytest.raises(BadRole):
            give_position(
                actor=SYSTEM,
                person_id=person.id,
                place=place,
                unit_code="H26.109",
                title="x",
                roles=[role],
                credential_id="",
                now=now,
            )
        Position.objects.filter(unit_code="H26.109").update(valid_to=now + timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        PositionRole.objects.create(position=at_bank, role="operating", valid_from=now)

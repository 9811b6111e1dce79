"""Who may do what where, and the door of every query."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from portal.access import (
    ANONYMOUS,
    SYSTEM,
    AccessDenied,
    Act,
    ActingAs,
    Actor,
    Assurance,
    actor_of,
    actors,
    acts,
    may,
    register_acts,
    require,
    visible_to,
)
from portal.access.backend import AccessBackend
from portal.access.middleware import ActorMiddleware
from portal.access.rules import covers
from portal.access.site import OfficerModelAdmin, OfficerSite
from portal.catalogues.models import Agency

register_acts(
    Act("testaccess.handle", "Giải quyết (kiểm thử)", frozenset({"handling", "signing"})),
    Act("testaccess.sign", "Ký (kiểm thử)", frozenset({"signing"}), assurance=Assurance.HIGH),
    Act("testaccess.steer", "Điều hành (kiểm thử)", frozenset({"steering"}), everywhere=True),
    Act("testaccess.shared", "Sửa cái chung (kiểm thử)", frozenset({"administrator"}), everywhere=True, at="G22"),
)
ACTS = ["testaccess.handle", "testaccess.sign", "testaccess.steer", "testaccess.shared"]
ROLES = ["reception", "handling", "signing", "administrator", "steering"]
UNITS = ["G22", "H2", "H26", "H26.1", "H26.10", "H26.101", "H26.101.3", "H26.102", "H29", "H29.101"]


def officer(unit: str = "H26.101", *roles: str, assurance: Assurance = Assurance.HIGH) -> Actor:
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=uuid.uuid4(),
        position_id=uuid.uuid4(),
        unit=unit,
        roles=frozenset(roles or {"handling"}),
        assurance=assurance,
    )


actors_of_all_kinds = st.builds(
    Actor,
    acting_as=st.sampled_from([kind for kind in ActingAs if kind is not ActingAs.SYSTEM]),
    user_id=st.none() | st.uuids(),
    unit=st.sampled_from(["", *UNITS]),
    roles=st.frozensets(st.sampled_from(ROLES)),
    assurance=st.sampled_from(list(Assurance)),
)


@pytest.mark.parametrize(
    ("own", "unit", "answer"),
    [
        ("H26", "H26", True),
        ("H26", "H26.101", True),
        ("H26.10", "H26.101", False),
        ("H2", "H26", False),
        ("H26.101", "H26", False),
        ("H26.101", "H26.102", False),
        ("", "", False),
        ("", "H26", False),
    ],
)
def test_a_unit_covers_itself_and_what_is_below(own: str, unit: str, answer: bool) -> None:
    assert covers(own, unit) is answer


@pytest.mark.requirement("O-07", "C-17")
def test_what_all_share_is_for_one_agency_alone() -> None:
    assert may(officer("G22", "administrator"), "testaccess.shared") and may(officer("G22.1", "administrator"), "testaccess.shared")
    for unit in ("G15", "H26", "H26.101", "G2"):
        assert not may(officer(unit, "administrator"), "testaccess.shared", unit)
    # What is registered so: catalogues, the search's words, everybody's messages.
    for act in ("catalogues.edit", "procedures.words", "outbox.resend"):
        assert may(officer("G22", "administrator"), act) and not may(officer("G15", "administrator"), act)


@pytest.mark.requirement("O-07")
def test_role_unit_and_assurance_must_all_fit() -> None:
    assert may(officer("H26.101", "handling"), "testaccess.handle", "H26.101")
    assert may(officer("H26", "signing"), "testaccess.handle", "H26.101")
    assert not may(officer("H26.101", "handling"), "testaccess.handle", "H26.102")
    assert not may(officer("H26.101", "reception"), "testaccess.handle", "H26.101")
    assert not may(officer("H26.101", "signing", assurance=Assurance.MEDIUM), "testaccess.sign", "H26.101")
    assert not may(officer("H26.101", "handling"), "testaccess.handle"), "an act bound to a unit needs the unit"
    assert may(officer("G22", "steering"), "testaccess.steer")


@pytest.mark.parametrize("kind", [kind for kind in ActingAs if kind not in (ActingAs.POSITION, ActingAs.SYSTEM)])
@pytest.mark.requirement("O-07")
def test_citizens_do_no_act_of_officers_even_with_roles_left_over(kind: ActingAs) -> None:
    citizen = Actor(acting_as=kind, user_id=uuid.uuid4(), unit="H26", roles=frozenset(ROLES), assurance=Assurance.HIGH)
    assert not any(may(citizen, act, "H26") for act in ACTS)


def test_the_system_may_and_a_typing_slip_is_not_a_no() -> None:
    assert all(may(SYSTEM, act, "H26") for act in ACTS)
    with pytest.raises(KeyError):
        may(officer(), "testaccess.handel", "H26")


def test_require_names_the_act() -> None:
    require(officer(), "testaccess.handle", "H26.101")
    with pytest.raises(AccessDenied) as denied:
        require(ANONYMOUS, "testaccess.handle", "H26.101")
    assert denied.value.act == "testaccess.handle"


def test_an_act_is_registered_once() -> None:
    known = acts()["testaccess.handle"]
    register_acts(known)
    with pytest.raises(ValueError):
        register_acts(Act("testaccess.handle", "Khác", frozenset({"reception"})))
    acts().clear()
    assert acts()["testaccess.handle"] == known


@pytest.fixture
def agencies(db: None) -> list[Agency]:
    """One row for each unit code."""
    import datetime as dt

    return [
        Agency.objects.create(code=code, name=f"Cơ quan {code}", owner_code="G22", level="unit", effective_from=dt.date(2025, 7, 1))
        for code in UNITS
        if code != "H2"
    ]


@pytest.mark.requirement("O-07", "D-11")
def test_the_door_lets_through_exactly_what_may_allows(agencies: list[Agency]) -> None:
    combinations = [
        (actor, act)
        for act in ACTS
        for unit in ["", *UNITS]
        for roles in ((), ("handling",), ("signing",), ("steering",))
        for assurance in Assurance
        for actor in (
            Actor(acting_as=ActingAs.POSITION, user_id=uuid.uuid4(), unit=unit, roles=frozenset(roles), assurance=assurance),
            Actor(acting_as=ActingAs.SELF, user_id=uuid.uuid4(), unit=unit, roles=frozenset(roles), assurance=assurance),
        )
    ]
    for actor, act in [*combinations, (SYSTEM, ACTS[0]), (ANONYMOUS, ACTS[0])]:
        through = {agency.code for agency in visible_to(actor, Agency.objects.all(), act, "code")}
        assert through == {agency.code for agency in agencies if may(actor, act, agency.code)}


@given(actors_of_all_kinds, st.sampled_from(ACTS), st.sampled_from(UNITS))
def test_whoever_may_at_a_unit_may_below_it(actor: Actor, act: str, unit: str) -> None:
    if may(actor, act, unit):
        assert may(actor, act, unit + ".9")


@given(actors_of_all_kinds, st.sampled_from(ACTS), st.sampled_from(UNITS))
def test_only_officers_may(actor: Actor, act: str, unit: str) -> None:
    assert not may(actor, act, unit) or actor.is_officer


def request_of(actor: Actor) -> HttpRequest:
    request = RequestFactory().get("/quan-tri/")
    request._actor = actor
    request.user = AnonymousUser()
    return request


def test_the_actor_is_resolved_once_and_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[HttpRequest] = []
    someone = officer()

    def resolver(request: HttpRequest) -> Actor:
        asked.append(request)
        return someone

    monkeypatch.setattr(actors, "_resolver", resolver)
    quiet = RequestFactory().get("/")
    ActorMiddleware(lambda request: HttpResponse("ok"))(quiet)
    assert asked == [], "a page that does not ask who looks touches no session"
    assert actor_of(quiet) is actor_of(quiet) is someone
    assert quiet.actor.unit == "H26.101"  # type: ignore[attr-defined]
    assert len(asked) == 1


def test_nobody_is_signed_in_where_nobody_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors, "_resolver", None)
    assert actor_of(RequestFactory().get("/")) is ANONYMOUS
    assert not ANONYMOUS.is_signed_in and not ANONYMOUS.is_officer and not ANONYMOUS.is_citizen


def test_a_refused_act_is_a_403() -> None:
    middleware = ActorMiddleware(lambda request: HttpResponse("ok"))
    answer = middleware.process_exception(request_of(ANONYMOUS), AccessDenied("testaccess.sign"))
    assert answer is not None and answer.status_code == 403
    assert middleware.process_exception(request_of(ANONYMOUS), PermissionDenied()) is None


def test_djangos_own_permission_tables_grant_nothing() -> None:
    backend = AccessBackend()
    assert not backend.has_perm(AnonymousUser(), "catalogues.change_agency")
    assert backend.authenticate(RequestFactory().get("/"), username="x", password="y") is None


class AgencyDesk(OfficerModelAdmin):
    """A model on a desk whose rows belong to units."""

    view_act = "testaccess.handle"
    change_act = "testaccess.sign"
    unit_field = "code"


@pytest.mark.requirement("D-11", "O-07")
def test_the_desk_shows_an_officer_their_own_units_rows(agencies: list[Agency]) -> None:
    desk = AgencyDesk(Agency, OfficerSite())
    ward = request_of(officer("H26.101", "handling"))
    assert {row.code for row in desk.get_queryset(ward)} == {"H26.101", "H26.101.3"}
    by_code = {agency.code: agency for agency in agencies}
    assert desk.has_view_permission(ward, by_code["H26.101"])
    assert not desk.has_view_permission(ward, by_code["H26.102"])
    assert not desk.has_change_permission(ward, by_code["H26.101"])
    assert not desk.has_add_permission(ward)
    assert not desk.has_delete_permission(ward, by_code["H26.101"])
    assert desk.has_change_permission(request_of(officer("H26", "signing")), by_code["H26.101"])
    assert not desk.get_queryset(request_of(ANONYMOUS)).exists()


def test_the_desk_lets_in_positions_only_and_sends_others_to_their_sign_in() -> None:
    site = OfficerSite()
    assert site.has_permission(request_of(officer()))
    assert not site.has_permission(request_of(Actor(acting_as=ActingAs.SELF, user_id=uuid.uuid4())))
    assert not site.has_permission(request_of(ANONYMOUS))
    answer = site.login(request_of(ANONYMOUS))
    assert (answer.status_code, answer["Location"]) == (302, "/tai-khoan/can-bo/?next=%2Fquan-tri%2F")


def test_every_list_of_the_desk_is_headed_in_vietnamese() -> None:
    rooms = [path.name for path in Path(settings.BASE_DIR).iterdir() if (path / "apps.py").exists()]
    headed, bare = 0, []
    with override("vi"):
        for model, desk in admin.site._registry.items():
            room = apps.get_app_config(model._meta.app_label).name.partition(".")[0]
            for name in desk.list_display if room in {*rooms, "portal"} else ():
                headed += 1
                if str(label_for_field(name, model, desk)).lower() == str(name).replace("_", " "):
                    bare.append(f"{model._meta.label}.{name}")
    assert headed > 100, "the lists were looked at"
    assert not bare, f"headed by the name in code: {bare}"
